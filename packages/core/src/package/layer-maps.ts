import { readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { publishDir } from './publish.js'

// Beside the layers, not in them: what travels to other machines has no use for maps.
const FOLDER = 'maps'
/** Names the folder that the sources in the maps are relative to. */
const ROOT = 'root'

/** Where the maps of a layer are. */
function mapsDir(depsDir: string): string {
  return join(dirname(depsDir), FOLDER, basename(depsDir))
}

/** Keeps the source maps of a layer. @param root The folder that they were made for. */
export function publishLayerMaps(
  depsDir: string,
  root: string,
  maps: readonly { readonly name: string; readonly text: Uint8Array }[],
): void {
  publishDir(mapsDir(depsDir), temp => {
    writeFileSync(join(temp, ROOT), root)
    for (const { name, text } of maps) writeFileSync(join(temp, name), text)
  })
}

/** The map of one module of a layer, e.g. 'zod.mjs'. Throws when there is none. */
export function readLayerMap(depsDir: string, module: string): { readonly text: string; readonly folder: string } {
  const dir = mapsDir(depsDir)
  return {
    text: readFileSync(join(dir, `${module}.map`), 'utf8'),
    folder: readFileSync(join(dir, ROOT), 'utf8'),
  }
}
