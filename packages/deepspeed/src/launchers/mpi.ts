import { FlowError } from '@flow/core'
import { detectMpi, type FlavourName, launchMpi } from '@flow/mpi'
import type { Launcher, LaunchInput } from './launcher.js'

const FLAVOURS: Readonly<Record<'openmpi' | 'mpich', readonly FlavourName[]>> = {
  openmpi: ['openmpi4', 'openmpi5'],
  mpich: ['mpich'],
}

/** Tells a rank what PyTorch wants to know, from what its MPI told it: DeepSpeed would need mpi4py for that. */
const RANK = [
  'export RANK="${OMPI_COMM_WORLD_RANK:-${PMIX_RANK:-$PMI_RANK}}"',
  'export LOCAL_RANK="${OMPI_COMM_WORLD_LOCAL_RANK:-${MPI_LOCALRANKID:-0}}"',
  'export LOCAL_SIZE="${OMPI_COMM_WORLD_LOCAL_SIZE:-${MPI_LOCALNRANKS:-1}}"',
  'exec "$@"',
].join('\n')

/** mpirun starts the ranks, over the gang's own launch agent. As with DeepSpeed itself they get no `--local_rank`. */
export function mpiLauncher(name: 'openmpi' | 'mpich'): Launcher {
  return async input => {
    const { ctx, hosts, given, program, master, options } = input
    checkArguments(input, name)
    const installation = await detectMpi(ctx).catch((cause: unknown) => {
      throw missing(name, 'there is no MPI that Flow knows on the PATH of this step', cause)
    })
    if (!FLAVOURS[name].includes(installation.flavour))
      throw missing(name, `${installation.mpirun} is not of ${name}, but of ${installation.flavour}`)
    const places = hosts.map(host => ({ name: host.name, slots: host.devices.length }))
    return launchMpi(ctx, {
      ...options,
      env: {
        MASTER_ADDR: master.address,
        MASTER_PORT: String(master.port),
        WORLD_SIZE: String(places.reduce((sum, { slots }) => sum + slots, 0)),
        ...options.env,
      },
      installation,
      args: given.launcherArgs,
      hosts: places,
      program: ['sh', '-c', RANK, 'sh', ...program],
    })
  }
}

/** What only DeepSpeed's launcher on each node can do: with MPI DeepSpeed ignores or refuses it. */
function checkArguments({ given }: LaunchInput, name: string): void {
  const unheard = given.perNode[0] ?? (given.include === undefined ? undefined : '--include')
  const option = unheard ?? (given.exclude === undefined ? undefined : '--exclude')
  if (option === undefined) return
  throw new FlowError('FLOW_DEEPSPEED_OPTIONS', {
    message: `deepspeedArgs: ${option} does not go with launcher '${name}'`,
    fix: "Use launcher 'perNode' or 'pdsh' with it, or leave it out.",
  })
}

function missing(name: 'openmpi' | 'mpich', message: string, cause?: unknown): FlowError {
  return new FlowError('FLOW_DEEPSPEED_LAUNCHER_MISSING', {
    message: `launcher '${name}': ${message}`,
    fix: `Add @pypi({ packages: { ${name}: '…' } }) to the step, or put an mpirun of it first on its PATH; 'perNode' needs neither.`,
    cause,
  })
}
