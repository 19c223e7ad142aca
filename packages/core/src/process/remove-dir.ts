import { chmod, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Removes a directory with all that is in it, also folders that their owner may not write (an unpacked artifact has such). */
export async function removeDir(dir: string): Promise<void> {
  try {
    await rm(dir, { recursive: true, force: true, maxRetries: 3 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
    await unlock(dir)
    await rm(dir, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Lets the owner write every folder. What is not the owner's stays: the removal says so. */
async function unlock(dir: string): Promise<void> {
  await chmod(dir, 0o700).catch(() => undefined)
  for (const entry of await readdir(dir, { withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory()) await unlock(join(dir, entry.name))
  }
}
