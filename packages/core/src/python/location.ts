import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { homedir, userInfo } from 'node:os'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { FlowError } from '../errors/index.js'
import { findProgram } from '../process/index.js'
import { requirementsOf } from './requirements.js'
import type { EnvironmentSpec } from './types.js'

/** Settings of the installers that change what they install. */
const SETTINGS = [
  'PIP_INDEX_URL',
  'PIP_EXTRA_INDEX_URL',
  'PIP_FIND_LINKS',
  'PIP_NO_INDEX',
  'PIP_CONSTRAINT',
  'PIP_PRE',
  'PIP_CONFIG_FILE',
  'UV_INDEX',
  'UV_DEFAULT_INDEX',
  'UV_INDEX_URL',
  'UV_EXTRA_INDEX_URL',
  'UV_FIND_LINKS',
  'PYENV_VERSION',
]

/** Name of the environment: equal for all that need the same one on this kind of machine. */
export async function environmentHash(spec: EnvironmentSpec, env: Readonly<NodeJS.ProcessEnv>): Promise<string> {
  const settings = SETTINGS.map(name => env[name] ?? null)
  // The interpreter by its path, not by asking it: that would cost more than all the rest.
  const python = spec.python ?? (await findReal('python3', env)) ?? null
  const facts = [
    requirementsOf(spec.packages),
    python,
    spec.index ?? null,
    listOf(spec.extraIndex),
    listOf(spec.findLinks),
    process.platform,
    process.arch,
    settings,
  ]
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16)
}

/** The program of this name; one found on PATH with links followed, so that it is named by where it is installed. */
export async function findReal(name: string, env: Readonly<NodeJS.ProcessEnv>): Promise<string | undefined> {
  const path = await findProgram(name, env)
  return path === undefined || isAbsolute(name) ? path : realpath(path)
}

export function listOf(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value
}

/**
 * The folder of all environments. Programs that MPI launchers start cannot have a space or colon in their path, so one
 * that was not asked for by name is moved away from there.
 */
export function environmentsDir(given: string | undefined, env: Readonly<NodeJS.ProcessEnv>): string {
  const asked = given ?? nonEmpty(env['FLOW_CACHE_DIR'])
  const cache = asked === undefined ? defaultCacheDir(env) : resolve(asked)
  if (cache.includes(delimiter)) {
    throw new FlowError('FLOW_PYPI_CACHE_DIR', {
      message: `Python environments cannot be kept in ${cache}.`,
      why: `A folder with '${delimiter}' in its path cannot be on PATH.`,
      fix: 'Set FLOW_CACHE_DIR to another folder.',
    })
  }
  return join(cache, 'envs')
}

/** The folder of all environments cannot be made, or not written. */
export function unusableCache(dir: string, cause: unknown): FlowError {
  return new FlowError('FLOW_PYPI_CACHE_DIR', {
    message: `Python environments cannot be kept in ${dir}: ${cause instanceof Error ? cause.message : String(cause)}`,
    fix: 'Set FLOW_CACHE_DIR to a folder that you can write.',
    cause,
  })
}

function defaultCacheDir(env: Readonly<NodeJS.ProcessEnv>): string {
  const base = nonEmpty(env['XDG_CACHE_HOME']) ?? join(nonEmpty(env['HOME']) ?? homedir(), '.cache')
  const cache = join(base, 'flow')
  return isAbsolute(cache) && !/[\s:]/.test(cache) ? cache : privateDir(`/var/tmp/flow-${userInfo().uid}`)
}

/** A folder that anyone could have made before us: it must be ours alone. */
function privateDir(dir: string): string {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const stat = lstatSync(dir)
  if (stat.isDirectory() && stat.uid === userInfo().uid && (stat.mode & 0o022) === 0) return dir
  throw new FlowError('FLOW_PYPI_CACHE_DIR', {
    message: `${dir} belongs to someone else.`,
    fix: 'Set FLOW_CACHE_DIR to a folder of yours.',
  })
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}
