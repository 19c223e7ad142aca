import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { FlowError } from '../errors/index.js'
import { findInterpreter, type Interpreter } from './interpreter.js'
import { findReal, listOf } from './location.js'
import { requirementsOf } from './requirements.js'
import type { EnvironmentSpec } from './types.js'

/** Commands that make an environment in `dir`, to be run one after another. */
export interface Recipe {
  readonly tool: 'uv' | 'pip'
  readonly commands: readonly (readonly string[])[]
  /** Settings of the tool beside the process's own. */
  readonly env?: Readonly<Record<string, string>> | undefined
}

/**
 * uv where it is on PATH, else pip of the interpreter.
 *
 * @throws FLOW_PYTHON_MISSING, FLOW_PYPI_SPEC
 */
export async function recipeFor(spec: EnvironmentSpec, dir: string, env: Readonly<NodeJS.ProcessEnv>): Promise<Recipe> {
  const requirements = requirementsOf(spec.packages)
  const uv = await findReal('uv', env)
  return uv === undefined
    ? pipRecipe(spec, requirements, dir, await findInterpreter(spec.python, env))
    : uvRecipe(uv, spec, requirements, dir, env)
}

function pipRecipe(
  spec: EnvironmentSpec,
  requirements: readonly string[],
  dir: string,
  interpreter: Interpreter,
): Recipe {
  const python = interpreter.path
  const target = join(dir, 'bin/python')
  const install = [
    'install',
    '--disable-pip-version-check',
    '--no-input',
    '--progress-bar=off',
    ...indexArguments(spec),
    ...requirements,
  ]
  // A pip that can install into another environment (22.3 and newer) saves putting one there: 3 of 5 seconds.
  const [major = 0, minor = 0] = (interpreter.pip ?? '').split('.').map(Number)
  const canReach = major > 22 || (major === 22 && minor >= 3)
  const make = [python, '-m', 'venv', ...(canReach ? ['--without-pip'] : []), dir]
  const pip = canReach ? [python, '-m', 'pip', '--python', target] : [target, '-m', 'pip']
  return { tool: 'pip', commands: requirements.length === 0 ? [make] : [make, [...pip, ...install]] }
}

async function uvRecipe(
  uv: string,
  spec: EnvironmentSpec,
  requirements: readonly string[],
  dir: string,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<Recipe> {
  const make = [uv, 'venv', '--no-project', ...(spec.python === undefined ? [] : ['--python', spec.python]), dir]
  if (requirements.length === 0) return { tool: 'uv', commands: [make] }
  const settings = await pipSettings(env)
  const own = indexArguments(spec)
  const indexes = own.length > 0 ? own : uvArguments(settings, env)
  // pip takes the best version of all indexes; uv on its own stops at the first index that knows the name.
  const install = [
    uv,
    'pip',
    'install',
    '--compile-bytecode',
    '--index-strategy',
    'unsafe-best-match',
    '--python',
    join(dir, 'bin/python'),
  ]
  const certificates =
    env['SSL_CERT_FILE'] === undefined && settings['cert'] !== undefined ? { SSL_CERT_FILE: settings['cert'] } : {}
  return { tool: 'uv', commands: [make, [...install, ...indexes, ...requirements]], env: certificates }
}

function indexArguments(spec: EnvironmentSpec): string[] {
  return [
    ...(spec.index === undefined ? [] : ['--index-url', spec.index]),
    ...listOf(spec.extraIndex).flatMap(url => ['--extra-index-url', url]),
    ...listOf(spec.findLinks).flatMap(place => ['--find-links', place]),
  ]
}

/** pip's settings: its environment variables, then pip.conf. uv reads neither. */
async function pipSettings(env: Readonly<NodeJS.ProcessEnv>): Promise<Readonly<Record<string, string>>> {
  return { ...(await pipConfig(env)), ...pipEnvironment(env) }
}

function uvArguments(values: Readonly<Record<string, string>>, env: Readonly<NodeJS.ProcessEnv>): string[] {
  const words = (key: string) => (values[key] ?? '').split(/\s+/).filter(word => word !== '')
  const hasOwn = ['UV_INDEX', 'UV_DEFAULT_INDEX', 'UV_INDEX_URL', 'UV_EXTRA_INDEX_URL'].some(
    name => env[name] !== undefined,
  )
  return [
    ...(hasOwn ? [] : words('index-url').flatMap(url => ['--index-url', url])),
    ...(hasOwn ? [] : words('extra-index-url').flatMap(url => ['--extra-index-url', url])),
    ...words('find-links').flatMap(place => ['--find-links', place]),
    ...words('trusted-host').flatMap(host => ['--allow-insecure-host', host]),
    ...words('constraint').flatMap(file => ['--constraints', file]),
    ...(/^(1|true|yes|on)$/i.test(values['no-index'] ?? '') ? ['--no-index'] : []),
  ]
}

function pipEnvironment(env: Readonly<NodeJS.ProcessEnv>): Record<string, string> {
  const entries = Object.entries(env).filter(
    ([name, value]) => name.startsWith('PIP_') && value !== undefined && value !== '',
  )
  return Object.fromEntries(
    entries.map(([name, value]) => [name.slice(4).toLowerCase().replaceAll('_', '-'), value as string]),
  )
}

/** `pip config list` prints `section.key='value'`; later sections (install) win over earlier ones (global). */
async function pipConfig(env: Readonly<NodeJS.ProcessEnv>): Promise<Record<string, string>> {
  const python = await findReal('python3', env)
  if (python === undefined) return {}
  try {
    const { stdout } = await promisify(execFile)(python, ['-m', 'pip', 'config', 'list'], {
      env: { ...env },
      timeout: 30_000,
    })
    const values: Record<string, string> = {}
    for (const section of ['global', 'install']) {
      for (const [, key, value] of stdout.matchAll(new RegExp(`^${section}\\.([a-z-]+)='(.*)'$`, 'gm')))
        values[key as string] = (value as string).replaceAll('\\n', ' ')
    }
    return values
  } catch {
    return {} // no pip here: there are no settings of it either
  }
}

/** What went wrong, from the installer's own lines. */
export function installError(
  tool: Recipe['tool'],
  spec: EnvironmentSpec,
  exitCode: number | null,
  lines: readonly string[],
): FlowError {
  const text = lines.join('\n')
  const named =
    /(?:No matching distribution found for|satisfies the requirement|Because|Failed to build(?: installable wheels for)?|Failed to (?:download|fetch)(?: and build)?|build wheels? for)[:\s]+[`'"]?([A-Za-z0-9][A-Za-z0-9._-]*)/.exec(
      text,
    )?.[1]
  const asked = Object.keys(spec.packages)
  const isAsked = asked.find(name => name.toLowerCase().startsWith((named ?? '\0').toLowerCase()))
  const last = lines.filter(line => !line.startsWith('WARNING: Location')).slice(-15)
  return new FlowError('FLOW_PYPI_FAILED', {
    message:
      named === undefined
        ? `The Python packages ${asked.join(', ')} could not be installed.`
        : `The Python package ${isAsked ?? named} could not be installed.`,
    why: `${tool} ended with ${exitCode ?? 'a signal'}:\n${last.join('\n')}`,
    fix: 'Check the name and version; pip’s own settings (PIP_INDEX_URL, pip.conf) say where it looks.',
    details: { tool, exitCode, package: named ?? null, lines: last },
  })
}
