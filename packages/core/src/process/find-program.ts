import { access, constants, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'

/**
 * The first program of this name on the PATH of `env`, as an absolute path; undefined when there is none. An absolute
 * name is itself; relative directories on PATH are passed over, since programs run elsewhere than this process.
 *
 * @example
 * const mpirun = await findProgram('mpirun', process.env)
 */
export async function findProgram(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  if (isAbsolute(name)) return (await isExecutable(name)) ? name : undefined
  for (const dir of (env['PATH'] ?? '').split(delimiter)) {
    if (isAbsolute(dir) && (await isExecutable(join(dir, name)))) return join(dir, name)
  }
  return undefined
}

/**
 * Whether `path` is a file that this user may execute.
 *
 * @example
 * await isExecutable('/bin/sh') // → true
 */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
