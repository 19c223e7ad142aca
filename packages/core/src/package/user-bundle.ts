import { basename, dirname, relative, resolve, sep } from 'node:path'
import type { ImportKind, Plugin } from 'esbuild'
import { bundleError } from './bundle-errors.js'
import { banner, commonOptions, runEsbuild } from './esbuild.js'
import { importMetaPlugin } from './import-meta.js'
import { entryName, locatePackage, packageNameOf } from './specifiers.js'

/** What the dependency layer must offer: by absolute path of the resolved module, the entry's name. */
export type Entries = Readonly<Record<string, string>>

export interface UserBundle {
  readonly code: string
  readonly map: string
  /** The author's own files in it, absolute. */
  readonly inputs: readonly string[]
  readonly entries: Entries
}

export interface UserBundleInput {
  readonly flowFile: string
  readonly coreDir: string
  /** Options for all of the author's files. */
  readonly tsconfig: string
  /** Entries that are CommonJS, as far as it is known yet. */
  readonly commonjs: ReadonlySet<string>
}

/** Layer 2: the author's own files in one module that imports everything else from `./deps`. */
export async function bundleUser(input: UserBundleInput): Promise<UserBundle> {
  const flowDir = dirname(input.flowFile)
  const entries: Record<string, string> = {}
  const result = await runEsbuild({
    ...commonOptions,
    // Not the whole path: esbuild reads a '*' in it as a pattern.
    entryPoints: [{ in: `./${basename(input.flowFile)}`, out: 'flow' }],
    absWorkingDir: flowDir,
    outdir: flowDir,
    tsconfig: input.tsconfig,
    sourcemap: 'external',
    keepNames: true,
    banner: banner('./files'),
    plugins: [
      dependencyPlugin(input, entries),
      importMetaPlugin(
        file => `files/${relative(flowDir, file).split(sep).join('/')}`,
        () => undefined, // what stands beside the flow travels anyway
      ),
    ],
  }).catch((error: unknown) => {
    throw bundleError(error, flowDir)
  })
  const output = (extension: string) => result.outputFiles.find(file => file.path.endsWith(extension))?.text ?? ''
  const inputs = Object.keys(result.metafile.inputs)
    .filter(name => !/^[a-z][a-z-]+:/.test(name))
    .map(name => resolve(flowDir, name))
  return { code: output('.mjs'), map: output('.map'), inputs, entries }
}

const RESOLVING = Symbol('asked by this plugin itself')

function dependencyPlugin({ flowFile, coreDir, commonjs }: UserBundleInput, entries: Record<string, string>): Plugin {
  const flowDir = dirname(flowFile)
  return {
    name: 'flow-dependencies',
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, importer, namespace, pluginData }) => {
        if (pluginData === RESOLVING || kind === 'entry-point' || namespace !== 'file') return undefined
        const name = packageNameOf(path)
        if (name === undefined) return undefined
        const isCore = name === '@flow/core'
        const dir = isCore ? coreDir : locatePackage(name, resolveDir)
        // Not installed: one of the author's own, by tsconfig `paths`, or an error that esbuild words with its place.
        if (dir === undefined) return undefined
        const found = await build.resolve(path, {
          kind,
          importer,
          resolveDir: isCore ? coreDir : resolveDir,
          pluginData: RESOLVING,
        })
        if (found.errors.length > 0 || found.external || found.namespace !== 'file') return found
        // `paths` may lead elsewhere; JSON and other assets go straight into the bundle.
        if (!found.path.startsWith(dir + sep) || !/\.[cm]?[jt]sx?$/.test(found.path)) return found
        const isNearest = isCore || locatePackage(name, flowDir) === dir
        const entry = entryName(found.path, dir, name, isNearest)
        entries[found.path] = entry
        const address = `./deps/${entry}.mjs`
        return commonjs.has(found.path) && isImport(kind)
          ? { path: entry, namespace: 'flow-commonjs' }
          : { path: address, external: true }
      })
      // An entry made of CommonJS has a default export only. Handed on as CommonJS, esbuild reads named imports from it.
      // Paths in these namespaces have no extension: '.mjs' would make them ES modules.
      build.onLoad({ filter: /.*/, namespace: 'flow-commonjs' }, ({ path }) => ({
        contents: `module.exports = require(${JSON.stringify(path)}).default`,
      }))
      build.onResolve({ filter: /.*/, namespace: 'flow-commonjs' }, ({ path }) => ({ path, namespace: 'flow-default' }))
      build.onLoad({ filter: /.*/, namespace: 'flow-default' }, ({ path }) => ({
        contents: `export { default } from ${JSON.stringify(`./deps/${path}.mjs`)}`,
      }))
      build.onResolve({ filter: /.*/, namespace: 'flow-default' }, ({ path }) => ({ path, external: true }))
    },
  }
}

function isImport(kind: ImportKind): boolean {
  return kind === 'import-statement' || kind === 'dynamic-import' || kind === 'require-call'
}
