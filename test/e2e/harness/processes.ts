import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'vitest'

/** A process of this machine. */
export interface RunningProcess {
  readonly pid: number
  readonly command: string
  readonly environment: string
}

/** Ids of all processes that fit; zombies are gone. */
export function processes(fits: (process: RunningProcess) => boolean): number[] {
  const ids = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
  return ids.filter(
    pid =>
      pid !== process.pid &&
      isAlive(pid) &&
      fits({ pid, command: read(pid, 'cmdline'), environment: read(pid, 'environ') }),
  )
}

export function hasMark({ environment }: RunningProcess, mark: string): boolean {
  return environment.split('\0').includes(mark)
}

/** Whether a process runs: neither gone nor a zombie. */
export function isAlive(pid: number): boolean {
  const stat = read(pid, 'stat')
  return stat !== '' && !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
}

/** The command line of a process, its words joined by spaces. */
export function commandOf(pid: number): string {
  return read(pid, 'cmdline').replaceAll('\0', ' ').trim()
}

export function parentOf(pid: number): number {
  const stat = read(pid, 'stat')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

/** Waits until nothing of a list of processes is left, at most `ms`. */
export async function expectGone(left: () => readonly number[], ms: number): Promise<void> {
  await expect.poll(() => left().map(commandOf), { timeout: ms, interval: 20 }).toEqual([])
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    // It ended, or belongs to another user.
    return ''
  }
}
