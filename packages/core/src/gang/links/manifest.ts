import { lstat, readdir, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import { count } from '../channel/wire.js'

/** A path below the root; '' is the root itself. Never one that leaves it. */
const inside = v.pipe(
  v.string(),
  v.check(
    path =>
      !path.startsWith('/') && !path.includes('\0') && !path.split('/').some(part => part === '..' || part === '.'),
  ),
)

export const manifestSchema = v.object({
  /** Whether the root is a file (then the only one, with path '') or a directory. */
  kind: v.picklist(['file', 'dir']),
  /** Parents come before what they hold. */
  dirs: v.array(v.object({ path: inside, mode: count })),
  files: v.array(v.object({ path: inside, mode: count, size: count })),
  links: v.array(v.object({ path: inside, target: v.string() })),
})

/** What a broadcast carries, without its contents. */
export type Manifest = v.InferOutput<typeof manifestSchema>

const MODE = 0o7777

/** Lists a file or a directory with all that is in it. Symbolic links in a directory stay links. */
export async function scan(root: string): Promise<Manifest> {
  const top = await stat(root)
  const manifest: Manifest = { kind: top.isDirectory() ? 'dir' : 'file', dirs: [], files: [], links: [] }
  if (top.isDirectory()) {
    manifest.dirs.push({ path: '', mode: top.mode & MODE })
    await scanDirectory(root, '', manifest)
  } else if (top.isFile()) manifest.files.push({ path: '', mode: top.mode & MODE, size: top.size })
  else throw new Error('it is neither a file nor a directory')
  return manifest
}

async function scanDirectory(root: string, path: string, manifest: Manifest): Promise<void> {
  const names = (await readdir(join(root, path))).toSorted()
  for (const name of names) {
    const child = path === '' ? name : `${path}/${name}`
    const status = await lstat(join(root, child))
    if (status.isDirectory()) {
      manifest.dirs.push({ path: child, mode: status.mode & MODE })
      await scanDirectory(root, child, manifest)
    } else if (status.isFile()) manifest.files.push({ path: child, mode: status.mode & MODE, size: status.size })
    else if (status.isSymbolicLink()) manifest.links.push({ path: child, target: await readlink(join(root, child)) })
    else throw new Error(`'${child}' is neither a file, a directory nor a symbolic link`)
  }
}
