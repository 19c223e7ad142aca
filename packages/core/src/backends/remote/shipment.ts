import { createHash } from 'node:crypto'
import { createReadStream, readdirSync, readFileSync } from 'node:fs'
import { lstat, readdir, readlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { CodePackage } from '../../package/index.js'
import type { BootEntry, BootTree } from '../host/boot-protocol.js'
import { scriptsDir } from '../own-files.js'

/** A directory of this machine that a host must have. */
export interface ShippedTree extends BootTree {
  /** Where it is here. */
  readonly dir: string
}

/** All that a node of a run needs on its host. The package itself comes last: it links to the others. */
export function shipmentOf(code: CodePackage, pythonEnv: string | undefined): readonly ShippedTree[] {
  return [
    ...(pythonEnv === undefined
      ? []
      : // Its programs have their own path written into them: the same path everywhere.
        [{ dir: pythonEnv, name: pythonEnv, marker: '.flow-complete', needs: 'bin/python' }]),
    { dir: scriptsDir, name: scriptsName() },
    { dir: code.depsDir, name: `deps/${basename(code.depsDir)}` },
    { dir: code.filesDir, name: `files/${basename(code.filesDir)}` },
    { dir: code.dir, name: `packages/${code.hash}` },
  ]
}

/** The place of the shell programs in a host's cache, by their content. */
export function scriptsName(): string {
  const hash = createHash('sha256')
  const files = readdirSync(scriptsDir, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  for (const path of files.map(entry => join(entry.parentPath, entry.name)).toSorted()) hash.update(readFileSync(path))
  return `scripts/${hash.digest('hex').slice(0, 32)}`
}

/** V8's cache is made on each machine. */
const LEFT_OUT = new Set(['.compile-cache'])

/** A tree as the boot program takes it: entries, each file's bytes behind its own. */
export async function* packTree(dir: string, below = ''): AsyncGenerator<BootEntry | Buffer> {
  for (const name of (await readdir(join(dir, below))).toSorted()) {
    const path = below === '' ? name : `${below}/${name}`
    const full = join(dir, path)
    const stat = await lstat(full)
    const mode = stat.mode & 0o777
    if (stat.isSymbolicLink()) yield { path, link: await readlink(full) }
    else if (stat.isDirectory()) {
      yield { path, mode, dir: true }
      if (!LEFT_OUT.has(name)) yield* packTree(dir, path)
    } else if (stat.isFile()) {
      yield { path, mode, size: stat.size }
      yield* bytesOf(full, stat.size)
    }
  }
}

/** Exactly so many: the size was told before. */
async function* bytesOf(path: string, size: number): AsyncGenerator<Buffer> {
  if (size === 0) return
  let left = size
  for await (const chunk of createReadStream(path, { end: size - 1, highWaterMark: 256 * 1024 })) {
    left -= (chunk as Buffer).length
    yield chunk as Buffer
  }
  if (left > 0) throw new Error(`${path} became shorter while it was sent`)
}
