import { dirname } from 'node:path'
import { withDefaults } from '../environment.js'
import type { Flavour } from './flavour.js'
import { hydraHostLine } from './hydra.js'

/** Intel MPI: its own Hydra, with `hydra_bstrap_proxy` before `hydra_pmi_proxy`. */
export const intelMpi: Flavour = {
  title: 'Intel MPI',
  hostLine: hydraHostLine,
  hostfile: path => ['-f', path],
  env: ({ env, installation, network, roster }) => ({
    ...withDefaults(env, {
      I_MPI_ROOT: dirname(installation.bin),
      // What its proxies connect back to is else what control's host name resolves to.
      I_MPI_HYDRA_IFACE: network.interface,
      // No fabric goes through a loopback address, and probing for them takes a second.
      FI_PROVIDER: network.isLoopback ? 'tcp' : undefined,
      ...(network.isShared && { I_MPI_PIN: '0' }),
    }),
    // Only control starts daemons: Hydra's tree begins when there are more nodes than this.
    I_MPI_HYDRA_BRANCH_COUNT: String(Math.max(16, roster.length)),
  }),
  nodeEnv: () => ({}),
  prepare: (_, tools) => ({ args: ['-bootstrap', 'ssh', '-bootstrap-exec', tools.launchAgent] }),
}
