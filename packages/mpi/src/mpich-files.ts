import { readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Removes what processes of MPICH leave when they are killed, and themselves remove only at an orderly end: the topology
 * that each of its proxies writes into /tmp for its ranks, whatever TMPDIR says, and the memory that ranks of one machine
 * share. No name tells whose a file is, so this takes those of this user that are not older than `since` and that no
 * process of this user has any more. Does nothing where there is no /proc.
 *
 * @param since Milliseconds since the epoch, e.g. when the gang began.
 *
 * @example
 * const clean = gangDecorator({
 *   name: 'clean',
 *   core: '^0.1.0',
 *   setup(gang) {
 *     const since = Date.now()
 *     gang.hooks.afterNode.tap('clean', () => removeMpichFiles(since))
 *   },
 * })
 */
export function removeMpichFiles(since: number): void {
  if (process.platform !== 'linux') return
  const topologies = filesOf('/tmp', 'hydra_hwloc_xmlfile_', since)
  if (topologies.length > 0 && !processes().some(isProxy)) remove(topologies)
  const memory = filesOf('/dev/shm', 'mpich_shm_', since)
  if (memory.length === 0) return
  const used = processes().map(filesIn)
  remove(memory.filter(path => !used.some(text => text.includes(path))))
}

function filesOf(dir: string, prefix: string, since: number): string[] {
  return readdirSync(dir)
    .filter(name => name.startsWith(prefix))
    .map(name => join(dir, name))
    .filter(path => {
      const stat = statSync(path, { throwIfNoEntry: false })
      return stat !== undefined && stat.uid === process.getuid?.() && stat.mtimeMs >= since
    })
}

function remove(paths: readonly string[]): void {
  for (const path of paths) rmSync(path, { force: true })
}

/** Directories in /proc of this user's processes. */
function processes(): string[] {
  return readdirSync('/proc')
    .filter(entry => /^\d+$/.test(entry))
    .map(entry => `/proc/${entry}`)
    .filter(dir => statSync(dir, { throwIfNoEntry: false })?.uid === process.getuid?.())
}

function isProxy(dir: string): boolean {
  // Not one that has ended and that nobody has waited for.
  return /\(hydra_pmi_proxy\) [^ZX]/.test(textOf(() => readFileSync(`${dir}/stat`, 'latin1')))
}

/** What a process has open or mapped. In this order: memory is open until it is mapped. */
function filesIn(dir: string): string {
  const open = textOf(() => readdirSync(`${dir}/fd`).join('\n'))
    .split('\n')
    .map(fd => textOf(() => readlinkSync(`${dir}/fd/${fd}`)))
  return [...open, textOf(() => readFileSync(`${dir}/maps`, 'latin1'))].join('\n')
}

/** Nothing of a process that has ended meanwhile. */
function textOf(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
