import { readdirSync, readlinkSync, realpathSync, statSync, type Dirent } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { FlowError } from '../errors/index.js'
import { IgnoreRules } from './ignore-rules.js'
import type { PackageFile, PackageLimits } from './types.js'

export interface ScannedFile extends PackageFile {
  /** Where its content is, absolute. */
  readonly source: string
}

export interface Scan {
  readonly files: readonly ScannedFile[]
  /** Folders and ignore files: while their stamps hold, the same names are there. */
  readonly watched: readonly string[]
}

const DEFAULT_BYTES = 256 * 1024 * 1024
const DEFAULT_FILES = 10_000

/** Lists the files beside a flow that travel with it, sorted by path. */
export function scanFiles(root: string, exclude: readonly string[], limits: PackageLimits = {}): Scan {
  const maxBytes = limits.bytes ?? DEFAULT_BYTES
  const maxFiles = limits.files ?? DEFAULT_FILES
  const realRoot = realpathSync(root)
  const files: ScannedFile[] = []
  const watched = new Set<string>()

  const addFile = (path: string, source: string) => {
    const stat = statSync(source)
    // Sockets, pipes and devices have no content that could travel.
    if (stat.isFile()) files.push({ path: path.split(sep).join('/'), size: stat.size, mode: stat.mode & 0o777, source })
    if (files.length > maxFiles) throw tooLarge(root, files, `more than ${maxFiles} files`)
  }

  const walk = (dir: string, rules: IgnoreRules, parents: readonly string[]) => {
    watched.add(dir)
    for (const entry of listFolder(dir)) {
      const path = join(dir, entry.name)
      if (exclude.includes(path)) continue
      const target = entry.isSymbolicLink() ? follow(path) : undefined
      const isFolder = target === undefined ? entry.isDirectory() : target.isFolder
      if (rules.ignores(path, isFolder)) continue
      const name = relative(root, path)
      if (target?.path === undefined && target !== undefined) continue // a link that leads nowhere
      if (target !== undefined && isInside(target.path as string, realRoot)) {
        const link = relative(realpathSync(dir), target.path as string) || '.'
        files.push({ path: name.split(sep).join('/'), size: link.length, mode: 0o777, link, source: path })
      } else if (isFolder) {
        const real = realpathSync(path)
        // A link to a folder outside is followed, but not in a circle.
        if (!parents.includes(real)) walk(path, rules.enter(path), [...parents, real])
      } else addFile(name, path)
    }
  }

  const rules = IgnoreRules.at(root)
  walk(root, rules, [realRoot])
  const bytes = files.reduce((sum, file) => sum + file.size, 0)
  if (bytes > maxBytes) throw tooLarge(root, files, `${megabytes(bytes)}, more than ${megabytes(maxBytes)}`)
  files.sort((a, b) => (a.path < b.path ? -1 : 1))
  return { files, watched: [...watched, ...rules.sources, ...gitignoresAbove(root)] }
}

function listFolder(dir: string): Dirent[] {
  try {
    return readdirSync(dir, { withFileTypes: true })
  } catch (cause) {
    throw new FlowError('FLOW_PACKAGE_UNREADABLE', {
      message: `The folder ${dir} beside the flow cannot be read.`,
      fix: 'Make it readable, or name it in a .flowignore file.',
      cause,
    })
  }
}

function follow(link: string): { path: string | undefined; isFolder: boolean } {
  try {
    const path = realpathSync(link)
    return { path, isFolder: statSync(path).isDirectory() }
  } catch {
    const target = readlinkSync(link)
    return { path: undefined, isFolder: isAbsolute(target) && resolve(dirname(link), target).endsWith(sep) }
  }
}

function isInside(path: string, root: string): boolean {
  return path === root || path.startsWith(root + sep)
}

function gitignoresAbove(root: string): string[] {
  const found: string[] = []
  for (let dir = root; dir !== dirname(dir); dir = dirname(dir))
    found.push(join(dir, '.gitignore'), join(dir, '.flowignore'))
  return found
}

function tooLarge(root: string, files: readonly ScannedFile[], what: string): FlowError {
  const sizes = new Map<string, { count: number; bytes: number }>()
  for (const file of files) {
    const top = file.path.includes('/') ? `${file.path.slice(0, file.path.indexOf('/'))}/` : file.path
    const old = sizes.get(top) ?? { count: 0, bytes: 0 }
    sizes.set(top, { count: old.count + 1, bytes: old.bytes + file.size })
  }
  const byCount = what.endsWith('files')
  const largest = [...sizes]
    .toSorted(([, a], [, b]) => (byCount ? b.count - a.count : b.bytes - a.bytes))
    .slice(0, 5)
    .map(([path, { count, bytes }]) => ({ path, count, bytes }))
  const named = largest.map(({ path, count, bytes }) =>
    count > 1 ? `${path} (${count} files, ${megabytes(bytes)})` : `${path} (${megabytes(bytes)})`,
  )
  return new FlowError('FLOW_PACKAGE_TOO_LARGE', {
    message: `The files beside the flow are too many to travel: ${what} in ${root}.`,
    why: `All files in the flow's folder go to every node. The largest: ${named.join(', ')}.`,
    fix: 'Name what the flow does not need in a .flowignore file (it reads like .gitignore), or move the flow to a folder of its own.',
    details: { largest },
  })
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
