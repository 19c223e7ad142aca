import { statSync } from 'node:fs'

/**
 * A file as it was: path, size, mtime, ctime (ms). The ctime is there because npm gives every file it installs the same
 * mtime. A size of -1 is a file that did not exist.
 */
export type Stamp = readonly [path: string, size: number, mtimeMs: number, ctimeMs: number]

/** Two writes within one tick of the file system's clock leave the same mtime. */
const TICK_MS = 10

/**
 * Stamps files whose content was read after `readSince` (ms since the epoch). One that was written about then may have
 * changed after it was read: its stamp never matches.
 */
export function stampFiles(paths: Iterable<string>, readSince: number): Stamp[] {
  const stamps: Stamp[] = []
  for (const path of paths) {
    const [, size, mtime, ctime] = stampFile(path)
    stamps.push(mtime > readSince - TICK_MS ? [path, -2, 0, 0] : [path, size, mtime, ctime])
  }
  return stamps
}

export function stampsHold(stamps: readonly Stamp[]): boolean {
  return stamps.every(([path, size, mtime, ctime]) => {
    const [, nowSize, nowMtime, nowCtime] = stampFile(path)
    return nowSize === size && nowMtime === mtime && nowCtime === ctime
  })
}

function stampFile(path: string): Stamp {
  const stat = statSync(path, { throwIfNoEntry: false })
  // A directory's size says nothing that its mtime does not.
  return stat === undefined ? [path, -1, 0, 0] : [path, stat.isDirectory() ? 0 : stat.size, stat.mtimeMs, stat.ctimeMs]
}
