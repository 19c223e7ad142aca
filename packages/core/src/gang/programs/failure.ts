import { FlowError } from '../../errors/index.js'
import type { ProgramResult, RankResult, RosterEntry } from '../../flow/index.js'
import { CLOCK_UNCERTAINTY_MS } from '../verdict.js'

/** What {@link programFailure} knows of a rank beyond its public result: who ended first, and the end of its stderr. */
export type KnownRank = RankResult & {
  /** Place among all ends of the program, by the time at which each was seen. */
  readonly order?: number
  /** Milliseconds on one clock. */
  readonly at?: number
  readonly stderr?: string
  /** It had been told to end (SIGTERM) before it did. */
  readonly isTold?: boolean
}

/**
 * What `recognise` of {@link programFailure} makes one of the extension's errors with; `suffix` follows the prefix of its
 * codes, e.g. 'RANK_FAILED'.
 */
export type MakeFailure = (suffix: string, rank: KnownRank | undefined, message: string, fix?: string) => FlowError

/** What {@link programFailure} has to know of the launcher. */
export interface ProgramFailureOptions {
  readonly roster: readonly RosterEntry[]
  /** The launcher as messages name it, e.g. 'torchrun'. */
  readonly title: string
  /**
   * Prefix of the codes, e.g. 'FLOW_TORCHRUN': `_RANK_FAILED`, `_RANK_KILLED`, `_PROGRAM_MISSING`, `_TIMEOUT`,
   * `_CANCELED` and `_LAUNCH_FAILED` are appended.
   */
  readonly codes: string
  /** A rank's stderr that says: it ended because another was gone. */
  readonly victim?: RegExp | undefined
  /** What to do when the program is not on a node. */
  readonly missingFix?: string | undefined
  /** Causes that only this framework knows. */
  readonly recognise?:
    | ((result: ProgramResult, ranks: readonly KnownRank[], make: MakeFailure) => FlowError | undefined)
    | undefined
}

/** What to do about a program that is not there. */
export const MISSING_FIX =
  'Check the name. Files beside the flow are on every node; what a step makes is on its node only.'

const EXCERPT_LINES = 15
/** A Python traceback is shown whole up to so many lines. */
const TRACEBACK_LINES = 60

/**
 * The error that a program's result means, or undefined when it and every rank ended well by themselves. It names the
 * rank that failed first and shows the end of its stderr; `details` is the result with `firstFailedRank`.
 *
 * @example
 * async function run(ctx: BodyContext, words: readonly string[]): Promise<ProgramResult> {
 *   const result = await ctx.launchLocal({ command: ({ rank }) => ['mylaunch', ...rank, ...words] })
 *   const failure = programFailure(result, { roster: ctx.roster, title: 'mylaunch', codes: 'FLOW_MINE' })
 *   if (failure !== undefined) throw failure
 *   return result
 * }
 */
export function programFailure(result: ProgramResult, options: ProgramFailureOptions): FlowError | undefined {
  const { roster, title, codes } = options
  const ranks: readonly KnownRank[] = result.ranks
  const failed = ranks.filter(rank => rank.exitCode !== 0).toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0))
  // Ranks that save what they have when they are ended may all end well.
  const isWhole = !result.timedOut && !result.isCanceled
  if (isWhole && result.exitCode === 0 && failed.length === 0) return undefined
  const nameOf = (rank: RankResult): string => roster[rank.node]?.name ?? `node ${rank.node}`
  const make: MakeFailure = (suffix, rank, message, fix) => {
    const excerpt = excerptOf(rank?.stderr || (rank === undefined ? result.stderr : ''))
    return new FlowError(`${codes}_${suffix}`, {
      message,
      why:
        excerpt === ''
          ? undefined
          : `The end of ${rank === undefined ? "the launcher's" : `rank ${rank.rank}'s`} stderr:\n${excerpt}`,
      fix,
      details: {
        ...result,
        firstFailedRank: rank && {
          rank: rank.rank,
          node: rank.node,
          name: nameOf(rank),
          exitCode: rank.exitCode,
          signal: rank.signal,
        },
      },
    })
  }
  const command = `${result.command[0] ?? title} (${result.ranks.length} ranks)`
  if (result.timedOut) {
    return make(
      'TIMEOUT',
      undefined,
      `${command} was ended after its timeout`,
      'Give it a longer timeout, or find out in the logs which rank waits.',
    )
  }
  if (result.isCanceled) return make('CANCELED', undefined, `${command} was ended because its signal was aborted`)
  const { launcherEnd } = result
  if (launcherEnd !== undefined) {
    const { what, node, exitCode, signal } = launcherEnd
    const who = `${what === 'launcher' ? command : `A daemon of ${command}`} on ${roster[node]?.name ?? `node ${node}`}`
    return signal === null
      ? make(
          'LAUNCH_FAILED',
          undefined,
          `${who} ended with code ${exitCode} before any rank started`,
          `The same ${title} has to be on every node; the log of that node says what was missing.`,
        )
      : make(
          'LAUNCH_FAILED',
          undefined,
          `${who} was killed by ${signal}`,
          'It was killed from outside, by hand or for memory: dmesg tells.',
        )
  }
  const missing = failed.find(isMissing)
  if (missing !== undefined) return missingProgram(missing, nameOf(missing), make, options)
  const known = options.recognise?.(result, ranks, make)
  if (known !== undefined) return known
  const first = firstFailed(failed, options.victim)
  if (first !== undefined) {
    const where = `Rank ${first.rank} on ${nameOf(first)}`
    return first.signal === null
      ? make('RANK_FAILED', first, `${where} exited with code ${first.exitCode}`)
      : make(
          'RANK_KILLED',
          first,
          `${where} was killed by ${first.signal}${first.signal === 'SIGKILL' ? ' (by hand, or for memory)' : ''}`,
        )
  }
  const end = result.signal === null ? `exited with code ${result.exitCode}` : `was killed by ${result.signal}`
  return make(
    'LAUNCH_FAILED',
    undefined,
    result.command[0] === title
      ? `${title} ${end}, and no rank failed`
      : `${result.command[0]} of ${title} ${end}, and no rank failed`,
    'Read what it says below; the logs of the nodes have what its daemons said.',
  )
}

function missingProgram(rank: KnownRank, name: string, make: MakeFailure, options: ProgramFailureOptions): FlowError {
  const program = /: exec: (.*?): (?:not found|Permission denied)/.exec(rank.stderr ?? '')?.[1] ?? 'the program'
  const where = `Rank ${rank.rank} on ${name}`
  return rank.exitCode === 126
    ? make(
        'PROGRAM_MISSING',
        rank,
        `${where}: ${program} cannot be executed`,
        `chmod +x ${program}, or name its interpreter, e.g. 'python ${program}'.`,
      )
    : make('PROGRAM_MISSING', rank, `${where}: ${program} was not found`, options.missingFix ?? MISSING_FIX)
}

/** Which of the bad ends, in the order in which they were seen, is the cause of the others. */
function firstFailed(failed: readonly KnownRank[], victim: RegExp | undefined): KnownRank | undefined {
  const [seen] = failed
  const close = failed.filter(rank => (rank.at ?? 0) - (seen?.at ?? 0) < CLOCK_UNCERTAINTY_MS)
  return close.toSorted((a, b) => weightOf(a, victim) - weightOf(b, victim) || (a.order ?? 0) - (b.order ?? 0))[0]
}

/**
 * Lower explains more. SIGTERM is what we and launchers send to those that are left, and Intel MPI makes an exit of it;
 * some send SIGKILL at once, so a bad exit beside it is the cause.
 */
function weightOf(rank: KnownRank, victim: RegExp | undefined): number {
  if (rank.signal === 'SIGTERM' || rank.isTold === true) return 4
  if (rank.signal === 'SIGKILL') return 2
  if (rank.signal !== null) return 0
  return victim?.test(rank.stderr ?? '') === true ? 3 : 1
}

function isMissing(rank: KnownRank): boolean {
  return (
    (rank.exitCode === 127 || rank.exitCode === 126) &&
    /: exec: .*: (?:not found|Permission denied)\s*$/.test(rank.stderr ?? '')
  )
}

/** The last lines, from the last Python traceback on where there is one. */
function excerptOf(text: string): string {
  const lines = text.trimEnd().split('\n')
  const traceback = lines.findLastIndex(line => line.startsWith('Traceback (most recent call last)'))
  const from = traceback < 0 ? lines.length - EXCERPT_LINES : Math.max(traceback, lines.length - TRACEBACK_LINES)
  return lines.slice(Math.max(0, from)).join('\n').trim()
}
