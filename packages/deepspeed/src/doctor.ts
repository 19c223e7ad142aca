import type { Requirement } from '@flow/core'

/** How to get DeepSpeed, as messages and `flow doctor` show it. */
export const PYPI_LINE = "@pypi({ packages: { torch: '2.13.0', deepspeed: '0.19.8' } })"

/** What `flow doctor` looks for on behalf of a step with @deepspeed. */
export const requirements: readonly Requirement[] = [
  {
    name: 'DeepSpeed',
    // Importing it takes seconds, and imports PyTorch.
    check: { command: ['python3', '-c', 'import importlib.metadata as m; print(m.version("deepspeed"))'] },
    install: [`${PYPI_LINE} on the step`, 'pip install torch deepspeed'],
  },
  {
    name: 'MPI (mpirun)',
    check: { command: ['mpirun', '--version'], match: 'Open MPI|HYDRA' },
    install: ["apt-get install openmpi-bin (for launcher: 'openmpi' and 'mpich' only)"],
    optional: true,
  },
  {
    name: 'pdsh',
    check: { command: ['pdsh', '-V'], match: 'ssh' },
    install: ["apt-get install pdsh (for launcher: 'pdsh' only)"],
    optional: true,
  },
]
