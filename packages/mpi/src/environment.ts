// Left by an mpirun or srun around us: ranks and daemons of ours would take them for their own.
const STALE =
  /^(OMPI_COMM_WORLD_|OMPI_UNIVERSE_SIZE$|OMPI_APP_CTX|OMPI_NUM_APP|OMPI_FIRST_RANKS|OMPI_FILE_LOCATION$|OMPI_ARGV$|OMPI_COMMAND$|PMIX_(?!MCA_)|PMI_|HYDI?_|MPI_LOCAL|SLURM_)/

/** What the launcher gets: the node's environment and the caller's own, without what another launcher left. */
export function launcherEnvironment(
  node: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string | undefined>> = {},
): Record<string, string> {
  const env = Object.fromEntries(Object.entries(node).filter(([name]) => !STALE.test(name)))
  for (const [name, value] of Object.entries(own)) {
    if (value === undefined) delete env[name]
    else env[name] = value
  }
  return env
}

/** Adds what is not set: a user's own setting wins. */
export function withDefaults(
  env: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const added = Object.entries(defaults).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return { ...Object.fromEntries(added), ...env }
}
