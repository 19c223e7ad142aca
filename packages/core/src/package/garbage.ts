import { mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Manifest } from './open-package.js'
import { readJson } from './publish.js'

const KEEP = 20
/** Whatever is younger may be in the making, or on its way to another machine. */
const YOUNG_MS = 60 * 60 * 1000

/** Marks a package as used now, by this process. */
export function claimPackage(home: string, hash: string): void {
  const claims = join(home, 'packages', '.in-use')
  mkdirSync(claims, { recursive: true })
  writeFileSync(join(claims, `${hash}.${process.pid}`), '')
  const now = new Date()
  utimesSync(join(home, 'packages', hash), now, now)
}

/**
 * Removes all but the newest packages, and the dependency layers (with their maps) and file sets that none of the rest
 * needs. A package
 * that a living process claimed stays.
 */
export function removeUnused(home: string, keep = KEEP, youngMs = YOUNG_MS): void {
  const packages = join(home, 'packages')
  const named = list(packages).filter(name => /^[0-9a-f]{32}$/.test(name))
  if (named.length <= keep) return
  const claimed = livingClaims(join(packages, '.in-use'))
  const byAge = named
    .map(name => ({ name, usedAt: modifiedAt(join(packages, name)) }))
    .toSorted((a, b) => b.usedAt - a.usedAt)
  const isOld = (usedAt: number) => Date.now() - usedAt > youngMs
  const unused = byAge.slice(keep).filter(({ name, usedAt }) => isOld(usedAt) && !claimed.has(name))
  if (unused.length === 0) return
  for (const { name } of unused) remove(join(packages, name))
  const kept = list(packages).map(name => readJson(join(packages, name, 'manifest.json')) as Manifest | undefined)
  const needed = new Set(
    kept.flatMap(manifest => (manifest === undefined ? [] : [`deps/${manifest.deps}`, `files/${manifest.fileSet}`])),
  )
  for (const [folder, kind] of [
    ['deps', 'deps'],
    ['deps/maps', 'deps'],
    ['files', 'files'],
  ] as const) {
    for (const name of list(join(home, folder))) {
      const path = join(home, folder, name)
      const isNeeded = name === 'index' || name === 'maps' || needed.has(`${kind}/${name}`)
      if (!isNeeded && isOld(modifiedAt(path))) remove(path)
    }
  }
}

function livingClaims(dir: string): Set<string> {
  const living = new Set<string>()
  for (const name of list(dir)) {
    const [hash, pid] = name.split('.')
    if (hash !== undefined && isAlive(Number(pid))) living.add(hash)
    else remove(join(dir, name))
  }
  return living
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function list(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}

function modifiedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
}

/** Another process may remove the same thing. What cannot be removed now is tried again at the next run. */
function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch {
    // kept until then
  }
}
