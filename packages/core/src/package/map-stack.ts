import { readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { dirname, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readLayerMap } from './layer-maps.js'
import type { CodePackage } from './types.js'

/** A map, and the folder that its sources are relative to. */
interface MapInFolder {
  readonly map: SourceMap
  readonly folder: string
}

const maps = new WeakMap<CodePackage, Map<string, MapInFolder | undefined>>()

/**
 * Gives the lines of a stack their place in the files that a bundle was made of: the author's own, and those of
 * packages. Lines in core itself stay as they are. Maps are read when a stack needs them.
 *
 * @param stack `error.stack` as a process of the run wrote it, here or on another machine.
 */
export function mapStack(stack: string, code: CodePackage): string {
  // Elsewhere a package and its layer lie under another path, but under the same hash. Here the path may have spaces.
  const spaced = stack
    .replaceAll(code.flowModule, `/packages/${code.hash}/flow.mjs`)
    .replaceAll(code.depsDir + sep, `/deps/${layerHash(code)}/`)
  const address = new RegExp(
    `(?:file://)?[^\\s()]*?/(?:packages/${code.hash}/(flow\\.mjs)|deps/${layerHash(code)}/([^\\s()/:]+\\.mjs)):(\\d+):(\\d+)`,
    'g',
  )
  return spaced.replace(address, (found, flow: string | undefined, entry = '', line: string, column: string) => {
    const map = mapOf(flow === undefined ? `deps/${entry}` : flow, code)
    const place = map === undefined ? undefined : findPlace(map, Number(line), Number(column))
    if (place === undefined || (flow === undefined && isCore(place.file, map?.folder ?? ''))) return found
    return `${place.file}:${place.line}:${place.column}`
  })
}

/** The place for a position in a bundle; lines and columns count from 1. */
function findPlace(
  { map, folder }: MapInFolder,
  line: number,
  column: number,
): { readonly file: string; readonly line: number; readonly column: number } | undefined {
  const entry = map.findEntry(line - 1, column - 1)
  if (!('originalSource' in entry) || typeof entry.originalSource !== 'string') return undefined
  const { originalSource, originalLine, originalColumn } = entry
  const file = originalSource.startsWith('file:') ? fileURLToPath(originalSource) : resolve(folder, originalSource)
  return { file, line: originalLine + 1, column: originalColumn + 1 }
}

/** The layer is built in a folder of core's. */
function isCore(file: string, layerFolder: string): boolean {
  const core = dirname(layerFolder) + sep
  return file.startsWith(core) && !file.startsWith(`${core}node_modules${sep}`)
}

function mapOf(module: string, code: CodePackage): MapInFolder | undefined {
  const known = maps.get(code) ?? new Map<string, MapInFolder | undefined>()
  maps.set(code, known)
  if (!known.has(module)) known.set(module, readMap(module, code))
  return known.get(module)
}

function readMap(module: string, code: CodePackage): MapInFolder | undefined {
  try {
    const { text, folder } = module.startsWith('deps/')
      ? readLayerMap(code.depsDir, module.slice('deps/'.length))
      : { text: readFileSync(`${code.flowModule}.map`, 'utf8'), folder: dirname(code.flowFile) }
    return { map: new SourceMap(JSON.parse(text) as SourceMapPayload), folder }
  } catch {
    return undefined // a stack without places is better than none
  }
}

function layerHash(code: CodePackage): string {
  return code.depsDir.slice(code.depsDir.lastIndexOf(sep) + 1)
}
