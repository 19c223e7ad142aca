import { existsSync, mkdirSync, readFileSync, realpathSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { FlowError } from '../errors/index.js'
import { coreModules } from './core-modules.js'
import { buildLayer, findLayer, type DepsLayer } from './deps-layer.js'
import { fileSetHolds, publicFiles, storeFileSet, type FileSet } from './file-set.js'
import { claimPackage, removeUnused } from './garbage.js'
import { openPackage, packagePaths, type Manifest } from './open-package.js'
import { hashOf, publishDir, readJson, writeJson } from './publish.js'
import { stampFiles, stampsHold, type Stamp } from './stamps.js'
import { derivedTsconfig, findTsconfig, tsconfigChain } from './tsconfig.js'
import type { BuildPackageOptions, CodePackage, CoreModules } from './types.js'
import { bundleUser, type Entries } from './user-bundle.js'

/** The author's own code as it was bundled for package `hash`. */
interface UserRecord {
  readonly stamps: readonly Stamp[]
  readonly tsconfig: string | null
  readonly entries: Entries
  readonly commonjs: readonly string[]
}

/** What is known of a flow file from its last package. */
interface FlowRecord {
  readonly format: number
  readonly hash: string
  readonly user: UserRecord
  readonly files: FileSet
}

const FORMAT = 1

/** What is there of a flow's package from before. */
interface Known {
  readonly flowFile: string
  readonly home: string
  readonly core: CoreModules
  readonly tsconfig: string | null
  readonly recordFile: string
  readonly filesInput: Parameters<typeof storeFileSet>[0]
  readonly depsInput: (entries: Entries) => Parameters<typeof findLayer>[0]
  readonly last?: FlowRecord | undefined
  /** The layer of the author's own code, where that is as it was. */
  readonly layer?: DepsLayer | undefined
  /** The flow's files, where they are as they were. */
  readonly files?: FileSet | undefined
  /** The whole package, where nothing has changed. */
  readonly unchanged?: CodePackage | undefined
}

/**
 * The package that was made of a flow at its last run, where nothing that it was made from has changed: no size and no
 * time stamp. It stays until this process ends.
 *
 * @throws FLOW_BUNDLE_NOT_FOUND
 */
export function findPackage(options: BuildPackageOptions): CodePackage | undefined {
  const hasPackages = existsSync(join(resolve(options.home), 'packages', 'index'))
  return hasPackages ? lookUp(options).unchanged : undefined
}

/**
 * Makes the code package of a flow, or finds the one that is already there: nothing is bundled, read or copied unless
 * the size or a time stamp of something that it was made from has changed.
 *
 * @param options `flowFile` and `home` are paths; limits are in bytes and files.
 * @returns paths of the package; it stays until this process ends.
 * @throws FLOW_BUNDLE_NOT_FOUND, FLOW_BUNDLE_SYNTAX, FLOW_BUNDLE_UNRESOLVED, FLOW_BUNDLE_NO_EXPORT, FLOW_BUNDLE_FAILED,
 * FLOW_PACKAGE_TOO_LARGE, FLOW_PACKAGE_UNREADABLE
 *
 * @example
 * import { pathToFileURL } from 'node:url'
 *
 * const code = await buildPackage({ flowFile: 'flow.ts', home: '.flow' })
 * const { default: MyFlow } = await import(pathToFileURL(code.flowModule).href)
 */
export async function buildPackage(options: BuildPackageOptions): Promise<CodePackage> {
  const known = lookUp(options)
  if (known.unchanged !== undefined) return known.unchanged
  const { flowFile, home, core, tsconfig, last, recordFile, depsInput } = known
  const files = known.files ?? storeFileSet(known.filesInput, last?.files)
  let { layer } = known
  let user: UserRecord & { readonly code: string; readonly map: string }
  if (last !== undefined && layer !== undefined) {
    const { flowModule } = packagePaths(home, last.hash)
    user = { ...last.user, code: readFileSync(flowModule, 'utf8'), map: readFileSync(`${flowModule}.map`, 'utf8') }
  } else {
    ;({ user, layer } = await bundle({
      flowFile,
      home,
      core,
      tsconfig,
      commonjs: last?.user.commonjs ?? [],
      depsInput,
      onProgress: options.onProgress,
    }))
  }

  const hash = hashOf(String(FORMAT), user.code, user.map, files.hash, layer.hash)
  const { dir } = packagePaths(home, hash)
  publishDir(dir, temp => {
    writeFileSync(join(temp, 'flow.mjs'), user.code)
    writeFileSync(join(temp, 'flow.mjs.map'), user.map)
    symlinkSync(join('../../deps', layer.hash), join(temp, 'deps'))
    symlinkSync(join('../../files', files.hash), join(temp, 'files'))
    const manifest: Manifest = { flowFile, deps: layer.hash, fileSet: files.hash, files: publicFiles(files) }
    writeFileSync(join(temp, 'manifest.json'), JSON.stringify(manifest))
  })
  claimPackage(home, hash)
  const { stamps, entries, commonjs } = user
  writeJson(recordFile, {
    format: FORMAT,
    hash,
    user: { stamps, tsconfig, entries, commonjs },
    files,
  } satisfies FlowRecord)
  removeUnused(home)
  return openPackage(home, hash, flowFile)
}

function lookUp(options: BuildPackageOptions): Known {
  const flowFile = findFlowFile(options.flowFile)
  const home = makeHome(options.home)
  const core = options.core ?? coreModules()
  const assets = (options.assets ?? []).toSorted()
  const flowDir = dirname(flowFile)
  const recordFile = join(home, 'packages', 'index', `${hashOf(flowFile, JSON.stringify([core, assets]))}.json`)
  const depsInput = (entries: Entries) => ({ home, flowDir, core, entries, assets })
  const tsconfig = findTsconfig(flowDir) ?? null
  const filesInput = { root: flowDir, home, limits: options.limits ?? {} }
  const place = { flowFile, home, core, tsconfig, recordFile, filesInput, depsInput }

  const stored = readJson(recordFile) as FlowRecord | undefined
  if (stored?.format !== FORMAT) return place
  const { user, hash } = stored
  const paths = packagePaths(home, hash)
  const userHolds = user.tsconfig === tsconfig && stampsHold(user.stamps) && existsSync(paths.flowModule)
  const found = userHolds ? findLayer(depsInput(user.entries)) : undefined
  const layer = found !== undefined && sameMembers(found.commonjs, user.commonjs) ? found : undefined
  const files = fileSetHolds(stored.files, filesInput) ? stored.files : undefined
  const known = { ...place, last: stored, layer, files }
  if (layer === undefined || files === undefined) return known
  const manifest = readJson(join(paths.dir, 'manifest.json')) as Manifest | undefined
  if (manifest?.deps !== layer.hash) return known
  claimPackage(home, hash)
  return { ...known, unchanged: openPackage(home, hash, flowFile) }
}

async function bundle(input: {
  readonly flowFile: string
  readonly home: string
  readonly core: CoreModules
  readonly tsconfig: string | null
  readonly commonjs: readonly string[]
  readonly depsInput: (entries: Entries) => Parameters<typeof findLayer>[0]
  readonly onProgress: ((text: string) => void) | undefined
}): Promise<{ user: UserRecord & { code: string; map: string }; layer: DepsLayer }> {
  const { flowFile, home, core, tsconfig } = input
  const startedAt = Date.now()
  const config = derivedTsconfig(tsconfig ?? undefined)
  const configFile = join(home, 'packages', 'index', `tsconfig-${hashOf(config)}.json`)
  if (!existsSync(configFile)) writeJson(configFile, JSON.parse(config))

  let commonjs = input.commonjs
  for (;;) {
    const bundled = await bundleUser({ flowFile, coreDir: core.dir, tsconfig: configFile, commonjs: new Set(commonjs) })
    const depsInput = input.depsInput(bundled.entries)
    let layer = findLayer(depsInput)
    if (layer === undefined) {
      input.onProgress?.('bundling dependencies')
      layer = await buildLayer(depsInput)
    }
    const actual = layer.commonjs
    // Only the layer's build tells which entries are CommonJS; the author's files import those in another way.
    const agreed = Object.keys(bundled.entries).every(path => actual.includes(path) === commonjs.includes(path))
    if (agreed) {
      const stamped = [
        ...bundled.inputs,
        ...(tsconfig === null ? [] : tsconfigChain(tsconfig)),
        join(dirname(flowFile), 'package.json'),
      ]
      const stamps = stampFiles(new Set(stamped), startedAt)
      return {
        user: { stamps, tsconfig, entries: bundled.entries, commonjs: actual, code: bundled.code, map: bundled.map },
        layer,
      }
    }
    commonjs = actual
  }
}

function findFlowFile(given: string): string {
  const path = resolve(given)
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat?.isFile()) return realpathSync(path)
  throw new FlowError('FLOW_BUNDLE_NOT_FOUND', {
    message: stat === undefined ? `There is no file ${path}.` : `${path} is not a file.`,
    fix: 'Give the path of the file that exports the flow, e.g. flow.ts.',
  })
}

function makeHome(home: string): string {
  mkdirSync(join(resolve(home), 'packages', 'index'), { recursive: true })
  return realpathSync(home)
}

function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every(member => b.includes(member))
}
