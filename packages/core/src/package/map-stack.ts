import { readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CodePackage } from './types.js'

const maps = new WeakMap<CodePackage, SourceMap | null>()

/**
 * Gives the lines of a stack that lie in the bundled flow their place in the author's own files.
 *
 * @param stack `error.stack` as a process of the run wrote it, here or on another machine.
 */
export function mapStack(stack: string, code: CodePackage): string {
  // Elsewhere the package lies under another path, but under the same hash.
  const address = new RegExp(`(?:file://)?[^\\s()]*?/packages/${code.hash}/flow\\.mjs:(\\d+):(\\d+)`, 'g')
  const spaced = stack.replaceAll(code.flowModule, `/packages/${code.hash}/flow.mjs`)
  return spaced.replace(address, (found, line: string, column: string) => {
    const place = mapPosition(Number(line), Number(column), code)
    return place === undefined ? found : `${place.file}:${place.line}:${place.column}`
  })
}

/** The author's place for a position in the bundled flow; lines and columns count from 1. */
export function mapPosition(
  line: number,
  column: number,
  code: CodePackage,
): { file: string; line: number; column: number } | undefined {
  const entry = mapOf(code)?.findEntry(line - 1, column - 1)
  if (entry === undefined || !('originalSource' in entry) || typeof entry.originalSource !== 'string') return undefined
  const { originalSource, originalLine, originalColumn } = entry
  const file = originalSource.startsWith('file:')
    ? fileURLToPath(originalSource)
    : resolve(dirname(code.flowFile), originalSource)
  return { file, line: originalLine + 1, column: originalColumn + 1 }
}

function mapOf(code: CodePackage): SourceMap | undefined {
  let map = maps.get(code)
  if (map === undefined) {
    try {
      map = new SourceMap(JSON.parse(readFileSync(`${code.flowModule}.map`, 'utf8')) as SourceMapPayload)
    } catch {
      map = null // a stack without places is better than none
    }
    maps.set(code, map)
  }
  return map ?? undefined
}
