import { createHash, randomBytes } from 'node:crypto'
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { argv } from 'node:process'

// What flows/artifact.ts does, without a flow: `save FILE` in one process, `load FILE` in the next.
const [, , what, file] = argv
if (what === 'save') {
  const bytes = randomBytes(256 * 1024 * 1024)
  createHash('sha256').update(bytes).digest()
  const out = openSync(file, 'w')
  for (let at = 0; at < bytes.byteLength;) at += writeSync(out, bytes, at)
  fdatasyncSync(out)
  closeSync(out)
} else createHash('sha256').update(readFileSync(file)).digest()
