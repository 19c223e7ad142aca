import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { hashOf } from './publish.js'

/** The files of an asset (a file, or a folder with all below it); none when it is no proper part of its package. */
export function assetFiles(asset: string, root: string): string[] {
  const path = asset.endsWith(sep) ? asset.slice(0, -1) : asset
  // `new URL('..', import.meta.url)` names the package itself: not something to copy.
  if (!path.startsWith(root + sep) || !existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path)
    .filter(name => name !== 'node_modules')
    .toSorted()
    .flatMap(name => assetFiles(join(path, name), root))
}

export function hashAssets(files: readonly string[], placeOf: (file: string) => string): string {
  return hashOf(...files.flatMap(file => [placeOf(file), String(statSync(file).mode & 0o777), readFileSync(file)]))
}

/** Copies with permission bits: many assets are programs. */
export function copyAssets(files: readonly string[], placeOf: (file: string) => string, layerDir: string): void {
  for (const file of files) {
    const target = join(layerDir, placeOf(file))
    mkdirSync(dirname(target), { recursive: true })
    copyFileSync(file, target)
  }
}

/** Folders of assets: a file added there changes the layer. */
export function assetFolders(files: readonly string[], assets: readonly string[]): string[] {
  return [...new Set(files.map(file => dirname(file)))].filter(dir =>
    assets.some(asset => !relative(asset, dir).startsWith('..')),
  )
}
