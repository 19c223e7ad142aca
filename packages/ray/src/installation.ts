import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { findProgram, FlowError, isExecutable, pythonOnPath } from '@flow/core'
import { PYPI_LINE } from './doctor.js'

/** Ray as it was found on a node. */
export interface Installation {
  readonly ray: string
  /** The Python that Ray is installed in. The programs of a cluster must run under it. */
  readonly python: string
}

/**
 * Finds the Ray that comes first on the node's PATH.
 *
 * @throws `FLOW_RAY_MISSING`
 */
export async function findRay(env: Readonly<Record<string, string>>): Promise<Installation> {
  const ray = await findProgram('ray', env)
  const python = ray === undefined ? undefined : await pythonOf(ray, env)
  if (ray !== undefined && python !== undefined) return { ray, python }
  throw new FlowError('FLOW_RAY_MISSING', {
    message: `There is no ${ray === undefined ? 'ray' : 'Python for it'} on the PATH of this step`,
    why: `PATH is ${env['PATH'] ?? '(not set)'}`,
    fix: `Add ${PYPI_LINE} to the step, or install it: pip install 'ray[default]==2.60.0'`,
  })
}

/** What the first line of the script `ray` names; a wrapper of another kind has its Python beside it, or on PATH. */
async function pythonOf(ray: string, env: Readonly<Record<string, string>>): Promise<string | undefined> {
  const [first = ''] = (await readFile(ray, 'latin1')).split('\n', 1)
  const named = /^#!\s*(\/\S*python[\d.]*)\s*$/.exec(first)?.[1]
  for (const path of [named, join(dirname(ray), 'python3'), join(dirname(ray), 'python')]) {
    if (path !== undefined && (await isExecutable(path))) return path
  }
  return pythonOnPath(env)
}
