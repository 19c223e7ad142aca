import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { BuildFailure, Plugin } from 'esbuild'
import { FlowError } from '../errors/index.js'
import { builtinsPlugin } from './builtins.js'
import { bundleError } from './bundle-errors.js'
import { banner, commonOptions, runEsbuild } from './esbuild.js'
import { importMetaPlugin } from './import-meta.js'
import { assetFiles, assetFolders, copyAssets, hashAssets } from './layer-assets.js'
import { publishLayerMaps } from './layer-maps.js'
import { hashOf, publishDir, readJson, writeJson } from './publish.js'
import { locatePackage, PackageRoots } from './specifiers.js'
import { stampFiles, stampsHold, type Stamp } from './stamps.js'
import type { CoreModules } from './types.js'
import type { Entries } from './user-bundle.js'

/** A dependency layer that is there. */
export interface DepsLayer {
  readonly hash: string
  readonly dir: string
  /** Absolute paths of the entries that are CommonJS. */
  readonly commonjs: readonly string[]
}

interface LayerRecord {
  readonly format: number
  readonly hash: string
  readonly commonjs: readonly string[]
  readonly stamps: readonly Stamp[]
}

/** To be raised when what is written changes: records of other versions are then made anew. */
const FORMAT = 3

export interface DepsInput {
  readonly home: string
  readonly flowDir: string
  readonly core: CoreModules
  readonly entries: Entries
  readonly assets: readonly string[]
}

/** The layer for these entries if there is one and nothing that it was made from has changed. */
export function findLayer(input: DepsInput): DepsLayer | undefined {
  const record = readJson(recordPath(input)) as LayerRecord | undefined
  if (record?.format !== FORMAT) return undefined
  const dir = join(input.home, 'deps', record.hash)
  return existsSync(dir) && stampsHold(record.stamps)
    ? { hash: record.hash, dir, commonjs: record.commonjs }
    : undefined
}

/**
 * Layer 1: every package that the author's files import, and core's own programs, in one build with one copy of each
 * module.
 */
export async function buildLayer(input: DepsInput): Promise<DepsLayer> {
  const { home, core, entries } = input
  for (const [what, path] of [
    ['body', core.body],
    ['agent', core.agent],
    ['host', core.host],
  ] as const) {
    if (!existsSync(path))
      throw new FlowError('FLOW_BUNDLE_CORE_MISSING', {
        message: `Core's ${what} program is not there: ${path}`,
        fix: 'Build core (npm run build), or install @flow/core again.',
      })
  }
  const startedAt = Date.now()
  const roots = new PackageRoots()
  const assets = new Set<string>(input.assets)
  // A fixed folder, so that equal dependencies give equal output wherever the state directory is.
  const outdir = join(core.dir, '.layer')
  const build = (missing: ReadonlySet<string>) =>
    runEsbuild({
      ...commonOptions,
      entryPoints: [
        { in: core.body, out: 'body-main' },
        { in: core.agent, out: 'agent-main' },
        { in: core.host, out: 'host-main' },
        ...Object.entries(entries).map(([path, name]) => ({ in: path, out: name })),
      ],
      absWorkingDir: core.dir,
      outdir,
      splitting: true,
      sourcemap: 'external',
      banner: banner('.'),
      plugins: [
        builtinsPlugin,
        absentPlugin(missing),
        oneCorePlugin(core.dir),
        importMetaPlugin(
          file => roots.placeOf(file),
          file => void assets.add(file),
        ),
      ],
    })
  const result = await build(new Set())
    .catch((error: unknown) => {
      const missing = missingInPackages(error, core.dir)
      if (missing === undefined) throw error
      return build(missing)
    })
    .catch((error: unknown) => {
      throw bundleError(error, core.dir)
    })

  const inputs = Object.entries(result.metafile.inputs).map(([name, value]) => ({
    path: resolve(core.dir, name),
    value,
  }))
  for (const { path } of inputs) if (existsSync(path)) roots.rootOf(path)
  const written = result.outputFiles
    .map(file => ({ name: basename(file.path), text: file.contents }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const outputs = written.filter(({ name }) => !name.endsWith('.map'))
  const copied = [...new Set([...assets].flatMap(asset => assetFiles(asset, roots.rootOf(asset).dir)))].toSorted()
  const placeOf = (file: string) => roots.placeOf(file)
  const hash = hashOf(String(FORMAT), ...outputs.flatMap(({ name, text }) => [name, text]), hashAssets(copied, placeOf))
  const dir = join(home, 'deps', hash)
  // First: who finds the layer finds its maps.
  publishLayerMaps(
    dir,
    outdir,
    written.filter(({ name }) => name.endsWith('.map')),
  )
  publishDir(dir, temp => {
    for (const { name, text } of outputs) writeFileSync(join(temp, name), text)
    for (const program of ['body', 'agent']) writeFileSync(join(temp, `${program}.mjs`), starter(`${program}-main`))
    copyAssets(copied, placeOf, temp)
    mkdirSync(join(temp, CACHE_DIR))
    // The cache is written by every process of a run, whoever owns it.
    chmodSync(join(temp, CACHE_DIR), 0o777)
  })

  const commonjs = inputs.filter(({ path, value }) => value.format === 'cjs' && path in entries).map(({ path }) => path)
  const stamped = [
    ...inputs.map(({ path }) => path),
    ...roots.manifests(),
    ...copied,
    ...assetFolders(copied, [...assets]),
    installRecord(input.flowDir),
  ].filter(path => !path.includes(':flow'))
  writeJson(recordPath(input), {
    format: FORMAT,
    hash,
    commonjs,
    stamps: stampFiles(new Set(stamped), startedAt),
  } satisfies LayerRecord)
  return { hash, dir, commonjs }
}

const CACHE_DIR = '.compile-cache'

/** A program that turns V8's compile cache on before it loads anything of size. */
function starter(main: string): string {
  return `import module from 'node:module'
import { fileURLToPath } from 'node:url'
const directory = fileURLToPath(new URL('./${CACHE_DIR}', import.meta.url))
try {
  module.enableCompileCache({ directory, portable: true })
} catch {
  module.enableCompileCache(directory) // Node.js that knows no options yet
}
await import('./${main}.mjs')
`
}

function recordPath({ home, core, entries, assets }: DepsInput): string {
  return join(
    home,
    'deps',
    'index',
    `${hashOf(JSON.stringify([core, Object.entries(entries).toSorted(([a], [b]) => (a < b ? -1 : 1)), assets]))}.json`,
  )
}

/** npm writes it at each install; it may not be there. */
function installRecord(flowDir: string): string {
  const anyPackage = locatePackage('.package-lock.json', flowDir)
  return anyPackage ?? join(flowDir, 'node_modules/.package-lock.json')
}

/**
 * What cannot be in the layer throws when it is used, as a package that is not installed does in Node.js: ssh2 and its
 * like try their native parts and fall back to JavaScript.
 */
function absentPlugin(missing: ReadonlySet<string>): Plugin {
  return {
    name: 'flow-absent',
    setup(build) {
      build.onResolve({ filter: /\.node$|^cpu-features$/ }, ({ path }) => ({ path, namespace: 'flow-native' }))
      if (missing.size > 0) {
        build.onResolve({ filter: /./ }, ({ path }) =>
          missing.has(path) ? { path, namespace: 'flow-missing' } : undefined,
        )
      }
      build.onLoad({ filter: /.*/, namespace: 'flow-native' }, ({ path }) =>
        throwing(`The native module ${basename(path)} cannot be part of a code package.`),
      )
      build.onLoad({ filter: /.*/, namespace: 'flow-missing' }, ({ path }) =>
        throwing(`Cannot find package '${path}'.`),
      )
    },
  }
}

function throwing(message: string): { contents: string } {
  return { contents: `throw Object.assign(new Error(${JSON.stringify(message)}), { code: 'MODULE_NOT_FOUND' })` }
}

/** Optional parts that installed packages import; undefined when anything else is wrong too. */
function missingInPackages(error: unknown, cwd: string): Set<string> | undefined {
  const messages = (error as Partial<BuildFailure> | undefined)?.errors ?? []
  const missing = messages.map(({ text, location }) =>
    location != null && resolve(cwd, location.file).includes('/node_modules/')
      ? /^Could not resolve "([^./].*?)"/.exec(text)?.[1]
      : undefined,
  )
  return missing.length > 0 && missing.every(name => name !== undefined) ? new Set(missing) : undefined
}

function oneCorePlugin(coreDir: string): Plugin {
  const asked = Symbol('asked by this plugin itself')
  return {
    name: 'flow-one-core',
    setup(build) {
      build.onResolve({ filter: /^@flow\/core(\/|$)/ }, ({ path, kind, pluginData }) =>
        pluginData === asked ? undefined : build.resolve(path, { kind, resolveDir: coreDir, pluginData: asked }),
      )
    },
  }
}
