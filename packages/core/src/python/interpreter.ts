import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { FlowError } from '../errors/index.js'
import { findReal } from './location.js'

export interface Interpreter {
  readonly path: string
  readonly version: string
  /** Version of its pip, undefined when it has none. */
  readonly pip: string | undefined
}

const PROBE = `import sys
try:
  import pip
  found = pip.__version__
except Exception:
  found = ''
print('%d.%d.%d %s' % (sys.version_info[:3] + (found,)))`

/**
 * The interpreter that an environment is made with.
 *
 * @param wanted `'3.12'`, a path, or undefined for any Python 3.
 * @throws FLOW_PYTHON_MISSING
 */
export async function findInterpreter(
  wanted: string | undefined,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<Interpreter> {
  const isVersion = wanted !== undefined && /^\d+(\.\d+){0,2}$/.test(wanted)
  const short = isVersion ? wanted.split('.').slice(0, 2).join('.') : ''
  const names =
    wanted === undefined ? ['python3', 'python'] : isVersion ? [`python${short}`, 'python3', 'python'] : [wanted]
  const seen: string[] = []
  for (const name of names) {
    const path = await findReal(name, env)
    const found = path === undefined ? undefined : await probe(path, env)
    if (found === undefined) continue
    seen.push(`${path} is ${found.version}`)
    const fits = isVersion ? `${found.version}.`.startsWith(`${wanted}.`) : found.version.startsWith('3.')
    if (fits) return found
  }
  throw new FlowError('FLOW_PYTHON_MISSING', {
    message: wanted === undefined ? 'There is no Python 3 on PATH.' : `Python ${wanted} was not found.`,
    why: seen.length > 0 ? `${seen.join(', ')}.` : `None of ${names.join(', ')} could be started.`,
    fix: 'Install it, or uv, which brings the Python that is asked for: https://docs.astral.sh/uv',
  })
}

async function probe(path: string, env: Readonly<NodeJS.ProcessEnv>): Promise<Interpreter | undefined> {
  try {
    const { stdout } = await promisify(execFile)(path, ['-c', PROBE], { env: { ...env }, timeout: 30_000 })
    const [version, pip] = stdout.trim().split(' ')
    return version === undefined ? undefined : { path, version, pip }
  } catch {
    return undefined // a shim without the program behind it, or a broken installation
  }
}
