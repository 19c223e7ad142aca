import type { LauncherEnd, ProgramResult, RankResult } from '../../flow/index.js'
import { parseOutput } from './program-output.js'
import type { RankEnd } from './rank-watch.js'

/** A rank's end with the moment it was seen, on the clock of the node that holds it as well as its age allows. */
export interface DatedEnd {
  readonly node: number
  readonly end: RankEnd
  readonly at: number
}

/** A launcher that was killed from outside, dated likewise. */
export interface DatedLauncherEnd {
  readonly node: number
  readonly signal: string
  readonly at: number
}

/** With an age in place of its date, for another node: clocks differ, ages do not. */
export function withAge<T extends { readonly at: number }>({ at, ...one }: T): Omit<T, 'at'> & { ageMs: number } {
  return { ...one, ageMs: performance.now() - at }
}

/** The other way round, on the node that it was told to. */
export function withDate<T extends { readonly ageMs: number }>({
  ageMs,
  ...one
}: T): Omit<T, 'ageMs'> & { at: number } {
  return { ...one, at: performance.now() - ageMs }
}

/** The result of a launch: its launcher's, with the ranks, their output and what rank 0 handed back. */
export function completeLaunch(
  launcher: ProgramResult,
  ends: readonly DatedEnd[],
  outputs: readonly (string | undefined)[],
  launcherEnd?: LauncherEnd,
): ProgramResult {
  const byTime = ends.toSorted((a, b) => a.at - b.at)
  const ranks: RankResult[] = byTime
    .map(({ node, end, at }, order) => ({
      rank: end.rank,
      node,
      exitCode: end.exitCode,
      signal: end.signal,
      order,
      at,
      stderr: end.stderr,
      isTold: end.isTold,
    }))
    .toSorted((a, b) => a.rank - b.rank)
  const { exitCode, timedOut, isCanceled } = launcher
  const isWell = exitCode === 0 && !timedOut && !isCanceled && ranks.every(rank => rank.exitCode === 0)
  const text = (name: 'stdout' | 'stderr'): string =>
    byTime
      .toSorted((a, b) => a.end.rank - b.end.rank)
      .map(({ end }) => end[name])
      .join('')
  return {
    ...launcher,
    ranks,
    ...(launcherEnd === undefined ? {} : { launcherEnd }),
    stdout: text('stdout') + launcher.stdout,
    stderr: text('stderr') + launcher.stderr,
    output: parseOutput(
      outputs.find(output => output !== undefined),
      'rank 0',
      isWell,
    ),
  }
}

/** An environment as it goes to other nodes: undefined, which removes a variable, would be lost on the way. */
export function withRemovals(env: Readonly<Record<string, string | undefined>>): Record<string, string | null> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value ?? null]))
}
