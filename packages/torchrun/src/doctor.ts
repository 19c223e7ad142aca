import type { Requirement } from '@flow/core'

/** How to get PyTorch, as messages and `flow doctor` show it. */
export const PYPI_LINE = "@pypi({ packages: { torch: '2.13.0' } })"

/** What `flow doctor` looks for on behalf of a step with @torchrun. */
export const requirements: readonly Requirement[] = [
  {
    name: 'PyTorch (torch.distributed.run)',
    check: { command: ['python3', '-c', 'import torch.distributed.run'] },
    install: [`${PYPI_LINE} on the step`, 'pip install torch'],
  },
]
