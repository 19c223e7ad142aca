import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FlowError } from '../errors/index.js'
import { cgroupParents } from './cgroup.js'
import { Fence, startTime } from './fence.js'

const PREFIX = 'flow-'
/** In an attempt's directory: who answers for it. */
export const OWNER_FILE = 'owner'

interface Owner {
  readonly pid: number
  readonly start: string | undefined
  /** The fences of the attempt begin with it. */
  readonly fence: string
  /** Where their cgroups are: a later run may have a cgroup of its own elsewhere. */
  readonly cgroupParents: readonly string[]
}

/**
 * Makes the directory of an attempt: private, and at a short path, as Unix sockets end at 107 bytes and MPI launchers
 * want no space and no colon. It says whose it is, so that a later run can clear it away if this process is killed.
 *
 * @param fence What the fences of the attempt begin with.
 * @throws `FLOW_NO_TEMP_DIR`
 */
export function makeAttemptDir(fence: string): string {
  for (const parent of parents()) {
    try {
      const dir = mkdtempSync(join(parent, PREFIX))
      writeOwner(dir, fence)
      return dir
    } catch {
      // Not there, full, or not ours to write: the next one.
    }
  }
  throw new FlowError('FLOW_NO_TEMP_DIR', {
    message: 'No temporary directory can be made',
    why: `Neither /tmp nor ${tmpdir()} can be written.`,
    fix: 'Free space there, or set TMPDIR to a directory you may write to.',
  })
}

/** The path of an attempt's directory that must be the same on several machines. */
export function attemptDirAt(parent: string, fence: string): string {
  return join(parent, `${PREFIX}${fence}`)
}

/**
 * Makes such a directory, or takes the one that another node of the attempt made on this machine.
 *
 * @throws `FLOW_NO_TEMP_DIR` when it cannot be made, or is another user's.
 */
export function joinAttemptDir(dir: string, fence: string): void {
  try {
    mkdirSync(dir, { mode: 0o700 })
    writeOwner(dir, fence)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST' && lstatSync(dir).uid === process.getuid?.()) return
    throw new FlowError('FLOW_NO_TEMP_DIR', {
      message: `The directory ${dir} cannot be made`,
      why: cause instanceof Error ? cause.message : String(cause),
      fix: 'Free space there, or name another directory to the backend.',
      cause,
    })
  }
}

/** Removes it unless another node of the attempt is still in it. */
export function leaveAttemptDir(dir: string): void {
  const nodes = namesIn(dir).filter(name => /^\d+$/.test(name))
  // One may be a link to another.
  if (nodes.some(name => lstatSync(join(dir, name), { throwIfNoEntry: false })?.isDirectory())) return
  rmSync(dir, { recursive: true, force: true })
}

function writeOwner(dir: string, fence: string): void {
  const owner: Owner = { pid: process.pid, start: startTime(process.pid), fence, cgroupParents: cgroupParents() }
  writeFileSync(join(dir, OWNER_FILE), JSON.stringify(owner), { mode: 0o600 })
}

/** Ends and removes what runs left whose process was killed (SIGKILL, power): processes by their fence, directories. */
export async function sweepAbandoned(): Promise<void> {
  for (const parent of parents()) {
    for (const name of namesIn(parent)) {
      if (!name.startsWith(PREFIX)) continue
      const dir = join(parent, name)
      const owner = readOwner(dir)
      if (owner === undefined || isAlive(owner)) continue
      await new Fence(owner.fence, { prefix: true, cgroupParents: owner.cgroupParents }).kill()
      rmSync(dir, { recursive: true, force: true })
    }
  }
}

function namesIn(parent: string): string[] {
  try {
    return readdirSync(parent)
  } catch {
    // TMPDIR may name a folder that is not there, or not ours to read: then nothing of ours is in it.
    return []
  }
}

function parents(): Set<string> {
  return new Set(['/tmp', tmpdir()])
}

function isAlive({ pid, start }: Owner): boolean {
  return startTime(pid) === start
}

/** Undefined for a directory of another user, or one that is none of ours. */
function readOwner(dir: string): Owner | undefined {
  try {
    if (statSync(dir).uid !== process.getuid?.()) return undefined
    const owner = JSON.parse(readFileSync(join(dir, OWNER_FILE), 'utf8')) as Partial<Owner>
    if (typeof owner.pid !== 'number' || typeof owner.fence !== 'string' || owner.fence.length < 16) return undefined
    return { pid: owner.pid, start: owner.start, fence: owner.fence, cgroupParents: owner.cgroupParents ?? [] }
  } catch {
    return undefined
  }
}
