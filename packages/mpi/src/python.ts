import { copyFile, mkdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ReadyContext } from '@flow/core'

/** Sets what ends all ranks when one raises under mpi4py; the file itself says why. */
export const sitecustomize = new URL('../python/sitecustomize.py', import.meta.url)

/**
 * Puts {@link sitecustomize} before all else that Python programs of this node would find. It acts only where MPI was
 * initialized.
 */
export async function abortOnException(ctx: ReadyContext): Promise<void> {
  // A copy: PYTHONPATH cannot name a path with a colon, and the node's directory has none.
  const dir = join(ctx.dir, 'python')
  await mkdir(dir, { recursive: true })
  await copyFile(fileURLToPath(sitecustomize), join(dir, 'sitecustomize.py'))
  ctx.setEnv(
    'PYTHONPATH',
    [dir, ctx.env['PYTHONPATH']].filter(path => path !== undefined && path !== '').join(delimiter),
  )
}
