import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

const DIR = '/tmp'
const PREFIX = 'hydra_hwloc_xmlfile_'

/**
 * Removes what proxies of MPICH leave in /tmp when they are killed: each writes the topology of its machine there for its
 * ranks, whatever TMPDIR says, and removes it only at an orderly end. No name tells whose a file is, so this takes those
 * of this user that are not older than `since`, and none while a proxy of this user runs.
 *
 * @param since Milliseconds since the epoch.
 */
export function removeHydraFiles(since: number): void {
  const left = readdirSync(DIR)
    .filter(name => name.startsWith(PREFIX))
    .map(name => join(DIR, name))
    .filter(path => {
      const stat = statSync(path, { throwIfNoEntry: false })
      return stat !== undefined && stat.uid === process.getuid?.() && stat.mtimeMs >= since
    })
  if (left.length === 0 || isProxyRunning()) return
  for (const path of left) rmSync(path, { force: true })
}

function isProxyRunning(): boolean {
  return readdirSync('/proc').some(entry => {
    if (!/^\d+$/.test(entry)) return false
    try {
      const isOwn = statSync(`/proc/${entry}`).uid === process.getuid?.()
      // Not one that has ended and that nobody has waited for.
      return isOwn && /\(hydra_pmi_proxy\) [^ZX]/.test(readFileSync(`/proc/${entry}/stat`, 'latin1'))
    } catch {
      // It has ended meanwhile.
      return false
    }
  })
}
