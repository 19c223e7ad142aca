import { readdirSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import type { CodePackage } from './types.js'

export interface ListedFile {
  /** Relative to the package, with `/`: `flow.mjs`, `deps/...`, `files/...`. */
  readonly path: string
  /** Bytes. */
  readonly size: number
  readonly kind: 'flow' | 'dependency' | 'file'
}

/** All that a code package holds, for `flow package list`. */
export function listPackage(code: CodePackage): ListedFile[] {
  const flow = ['flow.mjs', 'flow.mjs.map'].map(path => ({
    path,
    size: statSync(join(code.dir, path)).size,
    kind: 'flow' as const,
  }))
  const deps = readdirSync(code.depsDir, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    // V8's cache is made on each machine.
    .filter(path => !path.includes(`${sep}.compile-cache${sep}`))
    .map(path => ({
      path: `deps/${relative(code.depsDir, path).split(sep).join('/')}`,
      size: statSync(path).size,
      kind: 'dependency' as const,
    }))
  const files = code.files.map(({ path, size }) => ({ path: `files/${path}`, size, kind: 'file' as const }))
  return [...flow, ...deps.toSorted((a, b) => (a.path < b.path ? -1 : 1)), ...files]
}
