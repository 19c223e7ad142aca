import { build } from 'esbuild'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

const programs = join(import.meta.dirname, 'programs')

/** Bundles a little program of `programs/` and returns a function that runs it in a process of its own. */
export async function program(name: string, outdir: string): Promise<(...args: string[]) => Promise<string>> {
  const outfile = join(outdir, `${name}.mjs`)
  await build({
    entryPoints: [join(programs, `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
  })
  return async (...args) => {
    const child = spawn(process.execPath, [outfile, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    if (code !== 0) throw new Error(`${name} ended with ${String(code)}: ${stderr}`)
    return stdout
  }
}
