import { readFile } from 'node:fs/promises'
import { dirname, extname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Loader, Plugin } from 'esbuild'

/** Where a bundled source file "is" in the package: a path relative to the bundle's folder, with `/`. */
export type PlaceOf = (file: string) => string

const loaders: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.jsx': 'jsx',
}

/**
 * In a bundle `import.meta.url` is the bundle's own address. This gives each source file its own back, below the
 * bundle's folder, and reports what it names by `new URL('<literal>', import.meta.url)`: those are programs and assets
 * that must travel to that place.
 */
export function importMetaPlugin(placeOf: PlaceOf, onAsset: (file: string, importer: string) => void): Plugin {
  return {
    name: 'flow-import-meta',
    setup(build) {
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: 'file' }, async ({ path }) => {
        const source = await readFile(path, 'utf8')
        if (!source.includes('import.meta.')) return undefined
        const rewritten = await rewriteImportMeta(source, path, placeOf(path), onAsset)
        if (rewritten === source) return undefined
        return { contents: rewritten, loader: loaders[extname(path)] ?? 'js', resolveDir: dirname(path) }
      })
    },
  }
}

async function rewriteImportMeta(
  source: string,
  path: string,
  place: string,
  onAsset: (file: string, importer: string) => void,
) {
  const { parseSync } = await import('oxc-parser')
  const { module, errors } = parseSync(path, source)
  // What does not parse is reported by esbuild, with its position.
  if (errors.length > 0) return source
  const url = `new URL(${JSON.stringify(encodePlace(place))}, __flowUrl)`
  let result = source
  for (const { start, end } of module.importMetas.toReversed()) {
    const property = /^\.(url|dirname|filename)\b/.exec(source.slice(end, end + 12))?.[1]
    if (property === undefined) continue
    if (property === 'url') {
      const literal = /\bnew\s+URL\(\s*(?:'([^'\\]+)'|"([^"\\]+)"|`([^`\\$]+)`)\s*,\s*$/.exec(
        source.slice(Math.max(0, start - 500), start),
      )
      const target = literal?.[1] ?? literal?.[2] ?? literal?.[3]
      if (target !== undefined && !/^[a-z][a-z0-9+.-]+:/i.test(target))
        onAsset(fileURLToPath(new URL(target, pathToFileURL(path))), path)
    }
    const replacement =
      property === 'url'
        ? `${url}.href`
        : property === 'filename'
          ? `__flowPath(${url})`
          : `__flowPath(new URL('.', ${url})).slice(0, -1)`
    result = result.slice(0, start) + replacement + result.slice(end + property.length + 1)
  }
  return result
}

function encodePlace(place: string): string {
  // './' keeps a first segment with a colon from being read as a scheme.
  return `./${place.split('/').map(encodeURIComponent).join('/')}`
}
