import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { FlowError } from '../errors/index.js'
import { errnoOf, storeError } from './store-error.js'

/**
 * Where Flow keeps its state for a flow: `FLOW_HOME`, or `.flow` beside the nearest package.json, or `.flow` beside the
 * flow file where no folder above has one. Nothing is made.
 *
 * @param from A flow file, or a folder.
 */
export function locateHome(from: string, env: NodeJS.ProcessEnv = process.env): string {
  if (env['FLOW_HOME']) return resolve(env['FLOW_HOME'])
  const start = folderOf(resolve(from))
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return join(folder, '.flow')
    if (folder === dirname(folder)) return join(start, '.flow')
  }
}

/**
 * {@link locateHome}, and makes the directory with a `.gitignore` that keeps all of it out of git.
 *
 * @param from A flow file, or a folder.
 * @returns The absolute path of the state directory.
 * @throws FLOW_STORE_READONLY, FLOW_STORE_FULL, FLOW_HOME_INVALID (a file is in the way)
 *
 * @example
 * const home = resolveHome('flows/train.ts', process.env) // '/project/.flow'
 */
export function resolveHome(from: string, env: NodeJS.ProcessEnv = process.env): string {
  const home = locateHome(from, env)
  try {
    mkdirSync(home, { recursive: true })
    writeFileSync(join(home, '.gitignore'), '*\n', { flag: 'wx' })
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'EEXIST' && isFolder(home)) return home
    if (code === 'EEXIST' || code === 'ENOTDIR') {
      throw new FlowError('FLOW_HOME_INVALID', {
        message: `The state directory ${home} cannot be made`,
        why: 'A file of that name, or in place of a folder above it, is in the way.',
        fix: 'Move the file away, or set FLOW_HOME to another directory.',
        details: { home },
        cause: error,
      })
    }
    throw storeError(error, home)
  }
  return home
}

function folderOf(path: string): string {
  return isFolder(path) ? path : dirname(path)
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
