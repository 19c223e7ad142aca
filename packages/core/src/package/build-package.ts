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
  const flowFile = findFlowFile(options.flowFile)
  const home = makeHome(options.home)
  const core = options.core ?? coreModules()
  const assets = (options.assets ?? []).toSorted()
  const flowDir = dirname(flowFile)
  const recordFile = join(home, 'packages', 'index', `${hashOf(flowFile, JSON.stringify([core, assets]))}.json`)
  const stored = readJson(recordFile) as FlowRecord | undefined
  const last = stored?.format === FORMAT ? stored : undefined
  const lastPaths = last === undefined ? undefined : packagePaths(home, last.hash)

  const depsInput = (entries: Entries) => ({ home, flowDir, core, entries, assets })
  const tsconfig = findTsconfig(flowDir) ?? null
  const userHolds = last !== undefined && last.user.tsconfig === tsconfig && stampsHold(last.user.stamps)
  let layer = userHolds ? findLayer(depsInput(last.user.entries)) : undefined
  const filesInput = { root: flowDir, home, limits: options.limits ?? {} }
  const files =
    last !== undefined && fileSetHolds(last.files, filesInput) ? last.files : storeFileSet(filesInput, last?.files)

  let user: UserRecord & { readonly code: string; readonly map: string }
  if (
    userHolds &&
    layer !== undefined &&
    sameMembers(layer.commonjs, last.user.commonjs) &&
    existsSync(lastPaths?.flowModule ?? '')
  ) {
    const manifest = readJson(join(lastPaths?.dir ?? '', 'manifest.json')) as Manifest | undefined
    if (files === last.files && manifest?.deps === layer.hash) {
      claimPackage(home, last.hash)
      return openPackage(home, last.hash, flowFile)
    }
    user = {
      ...last.user,
      code: readFileSync(lastPaths?.flowModule ?? '', 'utf8'),
      map: readFileSync(`${lastPaths?.flowModule}.map`, 'utf8'),
    }
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
