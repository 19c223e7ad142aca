import { FlowError, type ProgramResult, type RankResult, type RosterEntry } from '@flow/core'
import type { MpiErrorCode } from './errors.js'

/** What core knows of a rank beyond its public result: who ended first, and the end of its stderr. */
type KnownRank = RankResult & { readonly order?: number; readonly at?: number; readonly stderr?: string }

const EXCERPT_LINES = 15

/** The error that a run's result means, or undefined when every rank ended well. */
export function failureOf(result: ProgramResult, roster: readonly RosterEntry[], title: string): FlowError | undefined {
  const ranks: readonly KnownRank[] = result.ranks
  const failed = ranks.filter(rank => rank.exitCode !== 0).toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0))
  if (result.exitCode === 0 && failed.length === 0) return undefined
  const nameOf = (rank: RankResult): string => roster[rank.node]?.name ?? `node ${rank.node}`
  const first = firstOf(failed)
  const where = first === undefined ? '' : `Rank ${first.rank} on ${nameOf(first)}`
  const make = (code: MpiErrorCode, rank: KnownRank | undefined, text: string, fix?: string): FlowError => {
    const excerpt = lastLines(rank?.stderr || (rank === undefined ? result.stderr : ''))
    return new FlowError(code, {
      message: text,
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

  if (result.timedOut)
    return make(
      'FLOW_MPI_TIMEOUT',
      undefined,
      `${commandOf(result)} was ended after its timeout`,
      'Give it a longer timeout, or find out in the logs which rank waits.',
    )
  if (result.isCanceled)
    return make('FLOW_MPI_CANCELED', undefined, `${commandOf(result)} was ended because its signal was aborted`)

  const missing = failed.find(isMissing)
  if (missing !== undefined) {
    const program = /: exec: (.*?): (?:not found|Permission denied)/.exec(missing.stderr ?? '')?.[1] ?? 'the program'
    return missing.exitCode === 126
      ? make(
          'FLOW_MPI_PROGRAM_MISSING',
          missing,
          `Rank ${missing.rank} on ${nameOf(missing)}: ${program} cannot be executed`,
          `chmod +x ${program}, or name its interpreter, e.g. 'python ${program}'.`,
        )
      : make(
          'FLOW_MPI_PROGRAM_MISSING',
          missing,
          `Rank ${missing.rank} on ${nameOf(missing)}: ${program} was not found`,
          'Check the name. A file made by the step is on control only until current.mpi.broadcastFile() copies it.',
        )
  }

  const aborted = abortedRank(result, ranks)
  if (aborted !== undefined) {
    const rank = ranks.find(one => one.rank === aborted.rank)
    return make(
      'FLOW_MPI_ABORTED',
      rank,
      `Rank ${aborted.rank}${rank === undefined ? '' : ` on ${nameOf(rank)}`} called MPI_Abort with code ${aborted.code}`,
    )
  }
  if (first !== undefined) {
    return first.signal === null
      ? make('FLOW_MPI_RANK_FAILED', first, `${where} exited with code ${first.exitCode}`)
      : make(
          'FLOW_MPI_RANK_KILLED',
          first,
          `${where} was killed by ${first.signal}${first.signal === 'SIGKILL' ? ' (by hand, or for memory)' : ''}`,
        )
  }
  if (/not enough slots|No (?:available )?slots|more slots/i.test(result.stderr)) {
    return make(
      'FLOW_MPI_SLOTS',
      undefined,
      `${title} found fewer slots than ranks`,
      "Ask for fewer ranks, or raise the slots in your hostfile or the step's @resources({ cpu }).",
    )
  }
  const end = result.signal === null ? `exited with code ${result.exitCode}` : `was killed by ${result.signal}`
  return make(
    'FLOW_MPI_LAUNCH_FAILED',
    undefined,
    `${result.command[0]} of ${title} ${end}, and no rank failed`,
    'Read what it says below; the logs of the nodes have what its daemons said.',
  )
}

/** Ends closer together than this, in milliseconds, cannot be ordered by the clocks of two machines: their kind decides. */
const UNCERTAIN_MS = 250

/** Which of the bad ends, in the order in which they were seen, is the cause of the others. */
function firstOf(failed: readonly KnownRank[]): KnownRank | undefined {
  const [seen] = failed
  const close = failed.filter(rank => (rank.at ?? 0) - (seen?.at ?? 0) < UNCERTAIN_MS)
  return close.toSorted((a, b) => weightOf(a) - weightOf(b) || (a.order ?? 0) - (b.order ?? 0))[0]
}

/**
 * Lower explains more. SIGTERM is what we send to those that are left; Hydra's launchers send SIGKILL at once, so a bad
 * exit beside it is the cause.
 */
function weightOf(rank: KnownRank): number {
  if (rank.signal === 'SIGTERM') return 4
  if (rank.signal === 'SIGKILL') return 2
  if (rank.signal !== null) return 0
  return isPeerLoss(rank) ? 3 : 1
}

/** A rank that MPI itself ended because another was gone: a victim, even where its end was seen first. */
function isPeerLoss({ stderr = '' }: KnownRank): boolean {
  return /\*\*\* An error occurred in (?:MPI_|Socket)|MPI_ERR_PROC_FAILED|PMIX_ERR_LOST_CONNECTION|lost connection|Connection reset by peer|Socket closed/i.test(
    stderr,
  )
}

function isMissing(rank: KnownRank): boolean {
  return (
    (rank.exitCode === 127 || rank.exitCode === 126) &&
    /: exec: .*: (?:not found|Permission denied)\s*$/.test(rank.stderr ?? '')
  )
}

/** Who called MPI_Abort: Open MPI's launcher says it, MPICH and Intel MPI in the rank itself. */
function abortedRank(
  result: ProgramResult,
  ranks: readonly KnownRank[],
): { readonly rank: number; readonly code: number } | undefined {
  const openMpi =
    /MPI_ABORT was invoked on rank (\d+) in communicator[\s\S]*?(?:with errorcode|Errorcode:) (-?\d+)/.exec(
      result.stderr,
    )
  if (openMpi !== null) return { rank: Number(openMpi[1]), code: Number(openMpi[2]) }
  for (const { rank, stderr } of ranks) {
    const hydra = /Abort\((-?\d+)\) on node \d+ .*: application called MPI_Abort/.exec(stderr ?? '')
    if (hydra !== null) return { rank, code: Number(hydra[1]) }
  }
  return undefined
}

function commandOf({ command, ranks }: ProgramResult): string {
  return `${command[0] ?? 'mpirun'} (${ranks.length} ranks)`
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-EXCERPT_LINES).join('\n').trim()
}
