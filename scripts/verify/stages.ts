/** One step of the verification. A check counts as one passed or failed; tests count one by one. */
export interface Stage {
  readonly name: string
  readonly kind: 'check' | 'tests'
  readonly command: readonly [string, ...string[]]
  /** After that the stage is stopped and counts as failed. */
  readonly minutes: number
}

function check(name: string, ...command: [string, ...string[]]): Stage {
  return { name, kind: 'check', command, minutes: 5 }
}

function tests(name: string, minutes: number, ...options: string[]): Stage {
  return { name, kind: 'tests', command: ['vitest', 'run', '--project', name, ...options], minutes }
}

/** Tests that are tagged for it, by a user who is not root. Files are named so that no other has to be loaded. */
const asUser =
  'vitest run --project unit --project e2e --tags-filter user ' +
  'store/blobs store/metadata e2e/flows e2e/failures e2e/commands e2e/gangs e2e/mpi'

/** In order: what later stages need comes first, what is quick comes before what is slow. */
export const stages: readonly Stage[] = [
  check('setup', 'sh', 'scripts/test-setup'),
  check('build', 'npm', 'run', 'build', '--silent'),
  check('format', 'oxfmt', '--check'),
  check('lint', 'oxlint', '--type-aware', '--deny-warnings'),
  check('imports', 'node', 'scripts/check-imports.ts'),
  check('test-types', 'tsc', '-p', 'tsconfig.test.json'),
  check('dead-code', 'knip'),
  check('packages', 'node', 'scripts/check-packages.ts'),
  tests('types', 2),
  tests('unit', 10),
  tests('docs', 6),
  tests('packaging', 8),
  tests('e2e', 35),
  { name: 'user', kind: 'tests', command: ['node', 'scripts/as-user.ts', ...asUser.split(' ')], minutes: 8 },
]
