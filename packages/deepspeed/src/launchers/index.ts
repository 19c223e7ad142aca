import { FlowError } from '@flow/core'
import type { DeepSpeedLauncher } from '../api.js'
import type { Launcher } from './launcher.js'
import { mpiLauncher } from './mpi.js'
import { pdsh } from './pdsh.js'
import { perNode } from './per-node.js'

export const launchers: Readonly<Record<DeepSpeedLauncher, Launcher>> = {
  perNode,
  pdsh,
  openmpi: mpiLauncher('openmpi'),
  mpich: mpiLauncher('mpich'),
}

/** The name as Flow writes it, as `deepspeed` takes 'OpenMPI' and 'openmpi'; one that it does not know stays as it is. */
export function launcherNamed(name: string | undefined): string | undefined {
  return Object.keys(launchers).find(one => one.toLowerCase() === name?.toLowerCase()) ?? name
}

/** @throws `FLOW_DEEPSPEED_OPTIONS` when there is no such launcher. */
export function checkLauncher(name: string, where: string): DeepSpeedLauncher {
  if (Object.hasOwn(launchers, name)) return name as DeepSpeedLauncher
  throw new FlowError('FLOW_DEEPSPEED_OPTIONS', {
    message: `${where}: there is no launcher '${name}'`,
    fix: `Use one of ${Object.keys(launchers).join(', ')}.`,
  })
}
