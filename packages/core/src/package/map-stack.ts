import { readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { basename, dirname, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SourcePosition } from '../errors/index.js'
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
  const here = [dirname(code.dir), dirname(code.depsDir)].map(dir => dir.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  const address = new RegExp(
    `(?:file://)?(?:${here[0]}|[^\\s()]*?/packages)/${code.hash}/(flow\\.mjs):(\\d+):(\\d+)` +
      `|(?:file://)?(?:${here[1]}|[^\\s()]*?/deps)/${basename(code.depsDir)}/([^\\s()/:]+\\.mjs):(\\d+):(\\d+)`,
    'g',
  )
  return stack.replace(
    address,
    (found, flow?: string, line?: string, column?: string, entry?: string, inLine?: string, inColumn?: string) => {
      const map = mapOf(flow ?? `deps/${entry}`, code)
      const place = map === undefined ? undefined : findPlace(map, Number(line ?? inLine), Number(column ?? inColumn))
      if (place === undefined || (flow === undefined && isCore(place.file, map?.folder ?? ''))) return found
      return `${place.file}:${place.line}:${place.column}`
    },
  )
}

/** The first place in the author's own files that a stack has. */
export function placeInFlow(stack: string, code: CodePackage): SourcePosition | undefined {
  const line = stack.split('\n').find(one => one.includes(`/packages/${code.hash}/flow.mjs:`))
  const place = /([^\s()]+):(\d+):(\d+)\)?$/.exec(line === undefined ? '' : mapStack(line, code))
  if (place?.[1] === undefined || place[1].endsWith('/flow.mjs')) return undefined
  return { file: place[1], line: Number(place[2]), column: Number(place[3]) }
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
