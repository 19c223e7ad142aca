import { chmod, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { OWNER_FILE } from './attempt-dir.js'

/**
 * Removes an attempt's directory with all that is in it, also folders that their owner may not write (an unpacked artifact
 * has such).
 */
export async function removeDir(dir: string): Promise<void> {
  try {
    await removeAll(dir)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
    await unlock(dir)
    await removeAll(dir)
  }
}

/** What says whose it is goes last: when this process is killed half-way, others find it by that and finish. */
async function removeAll(dir: string): Promise<void> {
  const options = { recursive: true, force: true, maxRetries: 3 }
  const names = await readdir(dir).catch(() => [])
  await Promise.all(names.filter(name => name !== OWNER_FILE).map(name => rm(join(dir, name), options)))
  await rm(dir, options)
}

/** Lets the owner write every folder. What is not the owner's stays: the removal says so. */
async function unlock(dir: string): Promise<void> {
  await chmod(dir, 0o700).catch(() => undefined)
  for (const entry of await readdir(dir, { withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory()) await unlock(join(dir, entry.name))
  }
}
