/** A rank of this node. */
export interface LocalRank {
  readonly rank: number
  readonly tfConfig: string
}

/**
 * A POSIX shell script that runs its arguments once for each rank, all at once, and ends when all have. Its status is 0
 * when theirs are.
 */
export function ranksScript(ranks: readonly LocalRank[]): string {
  const lines = ranks.map(
    ({ rank, tfConfig }) =>
      `FLOW_RANK=${rank} TF_CONFIG='${tfConfig.replaceAll("'", String.raw`'\''`)}' "$@" &\npids="$pids $!"`,
  )
  return `pids=\n${lines.join('\n')}\nstatus=0\nfor pid in $pids; do wait "$pid" || status=$?; done\nexit "$status"\n`
}
