/** Milliseconds for every wait of a gang, in its {@link GangPlan}. */
export interface GangTimeouts {
  readonly heartbeatMs: number
  readonly leaseMs: number
  readonly barrierMs: number
  readonly graceMs: number
}

/**
 * What a gang will be: pure data, printed by `--dry-run`. The hook `plan` may return another one.
 *
 * @example
 * function withoutWorkers(plan: GangPlan): GangPlan {
 *   return { ...plan, size: 1, timeouts: { ...plan.timeouts, barrierMs: 5_000 } }
 * }
 */
export interface GangPlan {
  readonly step: string
  readonly backend: string
  /** Number of nodes. */
  readonly size: number
  /** It is no gang but an ordinary step on one node: `singleNode: true`. */
  readonly singleNode: boolean
  /** Ranks a node takes. */
  readonly slots: number
  /** `memory` in MB. */
  readonly resources: {
    readonly cpu?: number | undefined
    readonly memory?: number | undefined
    readonly gpu?: number | undefined
  }
  readonly workers: 'body' | 'serve'
  /** Names of the extensions, in the order in which their taps run. */
  readonly extensions: readonly string[]
  readonly environment: {
    /** Names (with `*`) taken over from the environment of `flow run`. */
    readonly pass: readonly string[]
    /** Names set by the step; values are not part of the plan. */
    readonly set: readonly string[]
  }
  readonly timeouts: GangTimeouts
}

export const localTimeouts: GangTimeouts = { heartbeatMs: 3_000, leaseMs: 10_000, barrierMs: 60_000, graceMs: 5_000 }

/**
 * What a program on a node sees of the environment of `flow run`, unless the step says more: what finds programs,
 * names the user and the language, and tunes numeric and communication libraries. Credentials are never among them.
 */
export const defaultPass: readonly string[] = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'LC_*',
  'TZ',
  'TERM',
  'LD_LIBRARY_PATH',
  'PYTHONPATH',
  'PYTHONUNBUFFERED',
  'VIRTUAL_ENV',
  'CONDA_PREFIX',
  'OMP_*',
  'OPENBLAS_*',
  'MKL_*',
  'KMP_*',
  'CUDA_*',
  'NVIDIA_*',
  'HIP_VISIBLE_DEVICES',
  'ROCR_VISIBLE_DEVICES',
  'NCCL_*',
  'CCL_*',
  'GLOO_*',
  'OMPI_MCA_*',
  'PRTE_MCA_*',
  'PMIX_MCA_*',
  'UCX_*',
  'FI_*',
  'I_MPI_*',
  'MPICH_*',
  'MODULEPATH',
  'LOADEDMODULES',
]

/** Picks the variables whose names match `pass` (`*` at the end matches any rest). */
export function passedEnvironment(
  source: Readonly<Record<string, string | undefined>>,
  pass: readonly string[],
): Record<string, string> {
  const exact = new Set(pass.filter(name => !name.endsWith('*')))
  const prefixes = pass.filter(name => name.endsWith('*')).map(name => name.slice(0, -1))
  const picked: Record<string, string> = {}
  for (const [name, value] of Object.entries(source)) {
    if (value !== undefined && (exact.has(name) || prefixes.some(prefix => name.startsWith(prefix))))
      picked[name] = value
  }
  return picked
}
