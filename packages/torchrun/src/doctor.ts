import type { Requirement } from '@flow/core'

/** What `flow doctor` looks for on behalf of a step with @torchrun. */
export const requirements: readonly Requirement[] = [
  {
    name: 'PyTorch (torch.distributed.run)',
    check: { command: ['python3', '-c', 'import torch.distributed.run'] },
    install: ["@pypi({ packages: { torch: '2.13.0' } }) on the step", 'pip install torch'],
  },
]
