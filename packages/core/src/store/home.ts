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
 * @throws FLOW_STORE_READONLY, FLOW_STORE_FULL, FLOW_HOME_INVALID (a file is in the way, or nothing can be made there)
 *
 * @example
 * const home = resolveHome('flows/train.ts', process.env) // '/project/.flow'
 */
export function resolveHome(from: string, env: NodeJS.ProcessEnv = process.env): string {
  const home = locateHome(from, env)
  try {
    makeFolders(home)
    writeFileSync(join(home, '.gitignore'), '*\n', { flag: 'wx' })
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'EEXIST' && isFolder(home)) return home
    if (code === 'EEXIST' || code === 'ENOTDIR' || code === 'ENOENT') {
      throw new FlowError('FLOW_HOME_INVALID', {
        message: `The state directory ${home} cannot be made`,
        why:
          code === 'ENOENT'
            ? 'The file system there makes no folders.'
            : 'A file of that name, or in place of a folder above it, is in the way.',
        fix:
          code === 'ENOENT'
            ? 'Set FLOW_HOME to another directory.'
            : 'Move the file away, or set FLOW_HOME to another directory.',
        details: { home },
        cause: error,
      })
    }
    throw storeError(error, home)
  }
  return home
}

// Node's own `recursive` never ends where a folder cannot be made although its parent is there and the system says
// ENOENT: in /proc, and where an automounter has no such mount.
function makeFolders(path: string): void {
  if (existsSync(path)) return
  makeFolders(dirname(path))
  try {
    mkdirSync(path)
  } catch (error) {
    // Another run may have made it in between.
    if (!isFolder(path)) throw error
  }
}

function folderOf(path: string): string {
  return isFolder(path) ? path : dirname(path)
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
