import { withDefaults } from '../environment.js'
import type { Flavour } from './flavour.js'
import { asRoot, hostfileLine } from './open-mpi.js'

/** Open MPI 4 (ORTE): its daemons are `orted`. */
export const openMpi4: Flavour = {
  title: 'Open MPI 4',
  hostLine: hostfileLine,
  hostfile: path => ['--hostfile', path],
  env: ({ env, network, nodeDir, roster }) => ({
    ...withDefaults(env, {
      ...asRoot('OMPI'),
      OMPI_MCA_btl_tcp_if_include: network.cidr,
      OMPI_MCA_oob_tcp_if_include: network.cidr,
      // Nodes of one machine see neither each other nor its cores: ranks must give way, and not be bound to the same.
      ...(network.isShared && {
        OMPI_MCA_btl: 'self,vader,tcp',
        OMPI_MCA_pml: 'ob1',
        OMPI_MCA_mpi_yield_when_idle: '1',
        OMPI_MCA_hwloc_base_binding_policy: 'none',
      }),
    }),
    // Slurm's and others' own ways to start daemons know nothing of this gang.
    OMPI_MCA_plm: 'rsh',
    OMPI_MCA_plm_rsh_no_tree_spawn: '1',
    OMPI_MCA_plm_rsh_num_concurrent: String(Math.max(128, roster.length)),
    // Else a daemon leaves the process that started it, and its launch agent would seem to have ended.
    OMPI_MCA_orte_leave_session_attached: '1',
    // Not orte_tmpdir_base: that is forwarded to the daemons and overrides each node's own.
    TMPDIR: `${nodeDir}/tmp`,
  }),
  nodeEnv: ({ env }) => ({
    ...asRoot('OMPI'),
    TMPDIR: '{dir}/tmp',
    ...(env['OMPI_MCA_btl_vader_backing_directory'] === undefined && {
      OMPI_MCA_btl_vader_backing_directory: '{dir}/tmp',
    }),
  }),
  prepare: (_, tools) => ({ args: ['--mca', 'plm_rsh_agent', tools.launchAgent] }),
}
