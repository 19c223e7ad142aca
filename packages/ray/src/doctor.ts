import type { Requirement } from '@flow/core'

/** How to get Ray, as messages and `flow doctor` show it. */
export const PYPI_LINE = "@pypi({ packages: { 'ray[default]': '2.60.0' } })"

/** What `flow doctor` looks for on behalf of a step with @ray. */
export const requirements: readonly Requirement[] = [
  {
    name: 'Ray',
    check: { command: ['ray', '--version'], match: 'ray' },
    install: [`${PYPI_LINE} on the step`, "pip install 'ray[default]==2.60.0'"],
  },
]
