import type { NodeRequest } from '../backend.js'

/** Variables that say where things are on one machine: another machine's own hold there. */
export const machineVariables: readonly string[] = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LD_LIBRARY_PATH',
  'PYTHONPATH',
  'VIRTUAL_ENV',
  'CONDA_PREFIX',
  'MODULEPATH',
  'LOADEDMODULES',
]

/** What the programs of a node on another host get. `host`: what its machine says itself. */
export function nodeEnvironment(
  { env, stepEnv, pythonEnv }: Pick<NodeRequest, 'env' | 'stepEnv' | 'pythonEnv'>,
  host: Readonly<Record<string, string>>,
): Record<string, string> {
  const passed = Object.entries(env).filter(([name]) => !machineVariables.includes(name))
  const merged: Record<string, string> = { ...Object.fromEntries(passed), ...host, ...stepEnv }
  if (pythonEnv === undefined) return merged
  return {
    ...merged,
    PATH: `${pythonEnv}/bin:${merged['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'}`,
    VIRTUAL_ENV: pythonEnv,
  }
}
