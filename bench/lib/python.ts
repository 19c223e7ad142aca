import { delimiter } from 'node:path'
import type { Workplace } from './workplace.ts'

/**
 * The environment of a process that runs in the very Python environment which `@pypi({ packages })` gives a flow: both
 * sides of a row start from one and the same.
 */
export async function pythonEnvironment(
  workplace: Workplace,
  packages: Readonly<Record<string, string>>,
): Promise<NodeJS.ProcessEnv> {
  const { ensureEnvironment } = await import('../../packages/core/dist/python/index.js')
  const base = workplace.env()
  const { bin } = await ensureEnvironment({ packages }, { env: base })
  return { ...base, PATH: [bin, base['PATH']].join(delimiter) }
}
