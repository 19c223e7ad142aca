import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** A process of this machine, as {@link processes} shows it. */
export interface RunningProcess {
  readonly pid: number
  /** Its command line, a NUL after each word. */
  readonly command: string
  /** Its variables at the start, `NAME=value` with a NUL after each; empty for a process of another user. */
  readonly environment: string
}

/**
 * Ids of all processes that fit, but for the caller's own; zombies are gone.
 *
 * @example
 * const nodes = processes(({ command }) => command.includes('supervisor.sh'))
 */
export function processes(fits: (process: RunningProcess) => boolean): number[] {
  return processIds().filter(
    pid =>
      pid !== process.pid &&
      isAlive(pid) &&
      fits({ pid, command: readProc(pid, 'cmdline'), environment: readProc(pid, 'environ') }),
  )
}

/**
 * Whether a process has this `NAME=value` in its environment.
 *
 * @example
 * const marked = processes(process => hasMark(process, 'OMP_MY_TEST=1'))
 */
export function hasMark({ environment }: RunningProcess, mark: string): boolean {
  return environment.split('\0').includes(mark)
}

/**
 * Whether a process runs: neither gone nor a zombie. A stopped one runs.
 *
 * @example
 * isAlive(process.pid) // → true
 */
export function isAlive(pid: number): boolean {
  const state = statFields(pid)?.[0]
  return state !== undefined && state !== 'Z' && state !== 'X'
}

/**
 * The command line of a process, its words joined by spaces; empty when it is gone.
 *
 * @example
 * console.log(processes(() => true).map(commandOf))
 */
export function commandOf(pid: number): string {
  return readProc(pid, 'cmdline').replaceAll('\0', ' ').trim()
}

/**
 * The process that started another one, or adopted it; NaN when that is gone.
 *
 * @example
 * parentOf(process.pid) // → process.ppid
 */
export function parentOf(pid: number): number {
  return Number(statFields(pid)?.[1])
}

/** The session of a process (setsid(2)); NaN when it is gone. */
export function sessionOf(pid: number): number {
  return Number(statFields(pid)?.[3])
}

/** A variable of a process, as it was when the process started. */
export function variableOf(pid: number, name: string): string | undefined {
  const found = readProc(pid, 'environ')
    .split('\0')
    .find(entry => entry.startsWith(`${name}=`))
  return found?.slice(name.length + 1)
}

/** Ids of the sockets that a process holds open. */
export function socketsOf(pid: number): string[] {
  return linksOf(pid).flatMap(target => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? [])
}

export function processIds(): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
}

/** A file of a process in /proc; empty when the process is gone or another user's. */
export function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    return ''
  }
}

/** The fields of /proc/PID/stat (proc(5)) from the third on, the state. */
function statFields(pid: number): string[] | undefined {
  const stat = readProc(pid, 'stat')
  return stat === '' ? undefined : stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function linksOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map(name => linkTarget(`/proc/${pid}/fd/${name}`))
  } catch {
    // It ended, or is another user's.
    return []
  }
}

function linkTarget(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    // Closed in between.
    return ''
  }
}
