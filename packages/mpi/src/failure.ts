import { type FlowError, type KnownRank, programFailure, type ProgramResult, type RosterEntry } from '@flow/core'

/** The error that a run's result means, or undefined when every rank ended well. */
export function failureOf(result: ProgramResult, roster: readonly RosterEntry[], title: string): FlowError | undefined {
  return programFailure(withReports(result), {
    roster,
    title,
    codes: 'FLOW_MPI',
    missingFix:
      'Check the name. A file made by the step is on control only until current.mpi.broadcastFile() copies it.',
    // A rank that MPI itself ended because another was gone: a victim, even where its end was seen first.
    victim:
      /\*\*\* An error occurred in (?:MPI_|Socket)|MPI_ERR_PROC_FAILED|PMIX_ERR_LOST_CONNECTION|lost connection|Connection reset by peer|Socket closed/i,
    recognise(_, ranks, make) {
      const aborted = abortedRank(result, ranks)
      if (aborted !== undefined) {
        const rank = ranks.find(one => one.rank === aborted.rank)
        const where = rank === undefined ? '' : ` on ${roster[rank.node]?.name ?? `node ${rank.node}`}`
        const raised = aborted.code === 1 ? raisedBy(rank) : undefined
        // MPICH and Intel MPI kill who aborts: the code is what it asked for, not how that was done.
        const ended = rank && { ...rank, exitCode: aborted.code, signal: null }
        // python/sitecustomize.py says so before it has mpi4py abort.
        const exits = /^sys\.exit\(-?\d+\) ends all ranks$/m.test(rank?.stderr ?? '')
        if (exits) return make('RANK_FAILED', ended, `Rank ${aborted.rank}${where} exited with code ${aborted.code}`)
        if (raised !== undefined) return make('RANK_FAILED', ended, `Rank ${aborted.rank}${where} raised ${raised}`)
        return make('ABORTED', ended, `Rank ${aborted.rank}${where} called MPI_Abort with code ${aborted.code}`)
      }
      const noneFailed = ranks.every(rank => rank.exitCode === 0)
      if (noneFailed && /not enough slots|No (?:available )?slots|more slots/i.test(result.stderr)) {
        return make(
          'SLOTS',
          undefined,
          `${title} found fewer slots than ranks`,
          "Ask for fewer ranks, or raise the slots in your hostfile or the step's @resources({ cpu }).",
        )
      }
      return undefined
    },
  })
}

/**
 * What Open MPI 5 says of an error in a rank comes out of its launcher, and names the rank:
 * it belongs to what that rank said.
 */
function withReports(result: ProgramResult): ProgramResult {
  const reports = [...result.stderr.matchAll(REPORT)]
  const ranks = result.ranks.map((rank: KnownRank) => {
    const own = reports.filter(report => Number(report[1]) === rank.rank).map(report => report[0])
    return own.length === 0 ? rank : { ...rank, stderr: [rank.stderr ?? '', ...own].join('\n').trim() }
  })
  return { ...result, ranks }
}

const REPORT = /^\[[^\]\n]*\] \*\*\* An error occurred in .*\n\[[^\]\n]*\] \*\*\* reported by process \[\d+,(\d+)\]$/gm

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

/** The exception that ended a Python rank, in one line: mpi4py aborted because of it. */
function raisedBy(rank: KnownRank | undefined): string | undefined {
  const lines = rank?.stderr?.split('\n') ?? []
  const traceback = lines.findLastIndex(line => line.startsWith('Traceback (most recent call last)'))
  return traceback < 0 ? undefined : lines.slice(traceback + 1).find(line => /^\S/.test(line))
}
