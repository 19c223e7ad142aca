import type { Requirement } from '@flow/core'

/** How to get TensorFlow, as messages and `flow doctor` show it. */
export const PYPI_LINE = "@pypi({ packages: { 'tensorflow-cpu': '2.21.0' } })"

/** What `flow doctor` looks for on behalf of a step with @tensorflow. */
export const requirements: readonly Requirement[] = [
  {
    name: 'TensorFlow',
    // Importing it takes seconds.
    check: {
      command: ['python3', '-c', 'import importlib.util as u; assert u.find_spec("tensorflow"); print("tensorflow")'],
      match: 'tensorflow',
    },
    install: [`${PYPI_LINE} on the step`, 'pip install tensorflow'],
  },
]
