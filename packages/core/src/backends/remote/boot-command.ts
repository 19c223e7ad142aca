import { readFileSync } from 'node:fs'
import { bootModule } from '../own-files.js'

/**
 * What a backend starts on a host: Node.js with a few lines that take the boot program from the link and run it. Only
 * characters that every shell leaves alone inside single quotes.
 */
const LOADER = [
  'const i=process.stdin;let n;',
  'i.on("readable",function f(){',
  'if(!n){const h=i.read(4);if(!h)return;n=h.readUInt32BE()}',
  'const s=i.read(n);if(!s)return;',
  'i.off("readable",f);',
  'import("data:text/javascript;base64,"+s.toString("base64"))',
  '})',
].join('')

export function bootCommand({ node = 'node' }: { readonly node?: string | undefined } = {}): readonly string[] {
  return [node, '-e', LOADER]
}

/** The boot program, as the loader takes it. */
export function bootProgram(): Buffer {
  const source = readFileSync(bootModule)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(source.length)
  return Buffer.concat([length, source])
}
