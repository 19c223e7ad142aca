import { readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { withDefaults } from '../environment.js'
import type { Flavour, LaunchInput, Tools } from './flavour.js'
import { asRoot, hostfileLine } from './open-mpi.js'

/** Open MPI 5 (PRRTE): its daemons are `prted`. */
export const openMpi5: Flavour = {
  title: 'Open MPI 5',
  hostLine: hostfileLine,
  hostfile: path => ['--hostfile', path],
  env: ({ env, network, nodeDir, roster }) => ({
    ...withDefaults(env, {
      ...asRoot('OMPI'),
      ...asRoot('PRTE'),
      OMPI_MCA_btl_tcp_if_include: network.cidr,
      // PRRTE leaves loopback interfaces out before it looks at this.
      PRTE_MCA_prte_if_include: network.isLoopback ? undefined : network.cidr,
      ...(network.isShared && {
        // UCX and OFI take seconds to find out that there is TCP only (2.0 s; 0.5 s so).
        OMPI_MCA_pml: 'ob1',
        OMPI_MCA_btl: 'self,sm,tcp',
        OMPI_MCA_mpi_yield_when_idle: '1',
        PRTE_MCA_hwloc_default_binding_policy: 'none',
      }),
    }),
    PRTE_MCA_plm: 'ssh',
    PRTE_MCA_plm_ssh_no_tree_spawn: '1',
    PRTE_MCA_plm_ssh_num_concurrent: String(Math.max(128, roster.length)),
    TMPDIR: `${nodeDir}/tmp`,
  }),
  nodeEnv: ({ env }) => ({
    ...asRoot('OMPI'),
    ...asRoot('PRTE'),
    TMPDIR: '{dir}/tmp',
    ...(env['OMPI_MCA_btl_sm_backing_directory'] === undefined && { OMPI_MCA_btl_sm_backing_directory: '{dir}/tmp' }),
  }),
  async prepare(input, tools) {
    // Else prted leaves the process that started it, and the attempt's process tree.
    const args = ['--leave-session-attached', '--prtemca', 'plm_ssh_agent', tools.launchAgent]
    if (!input.network.isShared) return { args }
    if (!(await hasSlurmEss(input))) {
      // Its view of who shares a node is then wrong: collectives that build on it would wait for ever.
      return { args: [...args, '--mca', 'coll_han_priority', '0'] }
    }
    args.push('--prtemca', 'prte_launch_agent', await writeNamedDaemon(tools))
    return { args, beforeRank: ['env', ...slurmNames.flatMap(name => ['-u', name])] }
  },
}

const slurmNames = ['SLURM_JOBID', 'SLURM_JOB_ID', 'SLURM_NODEID', 'SLURM_PROCID', 'SLURMD_NODENAME']

/**
 * PRRTE names a node by what its daemon's `gethostname` says and looks ranks' neighbours up by that name: nodes that share
 * a machine get each other's neighbours, MPI_COMM_TYPE_SHARED is wrong and MPI_Allreduce waits for ever (seen in 5.0.11).
 * Only its part for Slurm lets a daemon be told its node's name. So on a shared machine the daemon starts through this
 * script, which chooses that part. The number of the daemon (its vpid) counts from 1 in the order of the hostfile.
 */
async function writeNamedDaemon({ dir, host }: Tools): Promise<string> {
  const path = join(dir, 'prted')
  const script = `#!/bin/sh
last= vpid=1
for word; do
  shift
  case $last in
    ess) word=slurm ;;
    ess_base_vpid) vpid=$word ;;
  esac
  last=$word
  set -- "$@" "$word"
done
export SLURM_JOBID=1 SLURM_JOB_ID=1 SLURM_NODEID=0 SLURM_PROCID=0 SLURMD_NODENAME="${host('node')}$((vpid - 1))"
exec prted "$@"
`
  await writeFile(path, script, { mode: 0o700 })
  return path
}

/** Whether this PRRTE was built with its part for Slurm, as it is unless told otherwise: in the library or as a plugin. */
async function hasSlurmEss({ installation }: LaunchInput): Promise<boolean> {
  const prefix = dirname(dirname(installation.mpirun))
  for (const dir of [join(prefix, 'lib/openmpi'), join(prefix, 'lib'), join(prefix, 'lib64')]) {
    for (const file of await readdir(dir).catch(() => [])) {
      if (/^(?:prte_)?mca_ess_slurm\.so$/.test(file)) return true
      if (file.startsWith('libprrte.so') && (await readFile(join(dir, file))).includes('ess_slurm_module')) return true
    }
  }
  return false
}
