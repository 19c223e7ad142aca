import { createHash } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { FlowError } from '../errors/index.js'
import { hashOf, publishDir } from './publish.js'
import { scanFiles, type ScannedFile } from './scan-files.js'
import { stampFiles, stampsHold, type Stamp } from './stamps.js'
import type { PackageFile, PackageLimits } from './types.js'

interface HashedFile extends PackageFile {
  readonly sha: string
  readonly stamp: Stamp
}

/** The files beside a flow as they were put below `<home>/files/<hash>`; kept to see quickly that nothing changed. */
export interface FileSet {
  readonly hash: string
  readonly files: readonly HashedFile[]
  readonly watched: readonly Stamp[]
  /** Limits that it was checked against. */
  readonly limits: PackageLimits
}

export interface FileSetInput {
  readonly root: string
  readonly home: string
  readonly limits: PackageLimits
}

export function fileSetHolds(set: FileSet, { home, limits }: FileSetInput): boolean {
  return (
    JSON.stringify(set.limits) === JSON.stringify(limits) &&
    existsSync(join(home, 'files', set.hash)) &&
    stampsHold(set.watched) &&
    stampsHold(set.files.map(file => file.stamp))
  )
}

/** Walks the flow's folder and stores what is in it by its content. Unchanged files are neither read nor copied again. */
export function storeFileSet({ root, home, limits }: FileSetInput, previous: FileSet | undefined): FileSet {
  const startedAt = Date.now()
  const scan = scanFiles(root, [home], limits)
  const known = new Map(previous?.files.map(file => [file.path, file]))
  const files = scan.files.map(file => hashFile(file, known.get(file.path), startedAt))
  const hash = hashOf(...files.flatMap(({ path, mode, link, sha }) => [path, String(mode), link ?? '', sha]))
  const earlier = previous === undefined ? undefined : join(home, 'files', previous.hash)
  const bySha = new Map(
    previous?.files.filter(file => file.link === undefined).map(file => [`${file.sha} ${file.mode}`, file.path]),
  )
  publishDir(join(home, 'files', hash), temp => {
    for (const [index, file] of files.entries()) {
      const target = join(temp, file.path)
      mkdirSync(dirname(target), { recursive: true })
      const same = bySha.get(`${file.sha} ${file.mode}`)
      if (file.link !== undefined) symlinkSync(file.link, target)
      else if (earlier === undefined || same === undefined || !linked(join(earlier, same), target))
        copy(scan.files[index] as ScannedFile, target)
    }
  })
  return { hash, files, watched: stampFiles(scan.watched, startedAt), limits }
}

export function publicFiles(set: FileSet): PackageFile[] {
  return set.files.map(({ path, size, mode, link }) =>
    link === undefined ? { path, size, mode } : { path, size, mode, link },
  )
}

function hashFile(file: ScannedFile, known: HashedFile | undefined, startedAt: number): HashedFile {
  const { path, size, mode, link, source } = file
  if (link !== undefined) return { path, size, mode, link, sha: '', stamp: stampFiles([source], startedAt)[0] as Stamp }
  if (known !== undefined && known.mode === mode && known.stamp[0] === source && stampsHold([known.stamp])) return known
  return {
    path,
    size,
    mode,
    sha: readable(file, () => hashContent(source)),
    stamp: stampFiles([source], startedAt)[0] as Stamp,
  }
}

const CHUNK = 1024 * 1024

function hashContent(path: string): string {
  const hash = createHash('sha256')
  const descriptor = openSync(path, 'r')
  try {
    const buffer = Buffer.allocUnsafe(CHUNK)
    for (let length; (length = readSync(descriptor, buffer, 0, CHUNK, null)) > 0;)
      hash.update(buffer.subarray(0, length))
  } finally {
    closeSync(descriptor)
  }
  return hash.digest('hex')
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch {
    return false // the earlier set was removed, or the file system has no links
  }
}

function copy(file: ScannedFile, target: string): void {
  readable(file, () => copyFileSync(file.source, target, constants.COPYFILE_FICLONE))
  chmodSync(target, file.mode)
}

function readable<T>(file: ScannedFile, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    // Those are about the state directory, not about the file.
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EROFS') throw cause
    throw new FlowError('FLOW_PACKAGE_UNREADABLE', {
      message: `The file ${file.source} beside the flow cannot be read (${code ?? 'unknown error'}).`,
      fix: 'Make it readable, or name it in a .flowignore file.',
      cause,
    })
  }
}
