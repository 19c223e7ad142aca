import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FlowError } from '../errors/index.js'
import type { CodePackage, PackageFile } from './types.js'

/** `manifest.json` of a package. */
export interface Manifest {
  /** The file it was first made from: an equal folder elsewhere gives the same package. */
  readonly flowFile: string
  readonly deps: string
  readonly fileSet: string
  readonly files: readonly PackageFile[]
}

export function packagePaths(home: string, hash: string): { readonly dir: string; readonly flowModule: string } {
  const dir = join(home, 'packages', hash)
  return { dir, flowModule: join(dir, 'flow.mjs') }
}

/**
 * A package that was made before, by its hash, e.g. that of a past run.
 *
 * @throws FLOW_PACKAGE_MISSING
 */
export function openPackage(home: string, hash: string, flowFile?: string): CodePackage {
  const { dir, flowModule } = packagePaths(home, hash)
  let manifest: Manifest
  try {
    manifest = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')) as Manifest
  } catch (cause) {
    throw new FlowError('FLOW_PACKAGE_MISSING', {
      message: `The code package ${hash} is not in ${home}.`,
      why: 'Packages that no run uses are removed; the newest 20 are kept.',
      fix: 'Run the flow again.',
      cause,
    })
  }
  const depsDir = join(home, 'deps', manifest.deps)
  return {
    hash,
    dir,
    flowModule,
    bodyModule: join(depsDir, 'body.mjs'),
    agentModule: join(depsDir, 'agent.mjs'),
    hostModule: join(depsDir, 'host-main.mjs'),
    filesDir: join(home, 'files', manifest.fileSet),
    files: manifest.files,
    depsDir,
    flowFile: flowFile ?? manifest.flowFile,
  }
}
