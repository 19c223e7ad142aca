import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import satisfies from 'semver/functions/satisfies.js'
import { FlowError } from '../errors/index.js'
import type { AnyExtension, ExtensionUse } from '../gang/index.js'
import { coreModules } from '../package/index.js'

/**
 * Refuses extensions that were made for another core than this one, with those that they use.
 *
 * @param version That of core. Default: its own.
 * @throws `FLOW_EXTENSION_CORE`
 */
export function checkCore(uses: readonly ExtensionUse[], version: string = ownVersion()): void {
  for (const { extension } of uses) check(extension, version)
}

function check({ name, core, uses = [] }: AnyExtension['extension'], version: string): void {
  if (!satisfies(version, core, { includePrerelease: true })) {
    throw new FlowError('FLOW_EXTENSION_CORE', {
      message: `@${name}() was made for @flow/core ${core}, and this is ${version}`,
      why: 'What it asks of core may be gone or mean something else here.',
      fix: `Install a version of its package for @flow/core ${version}, or @flow/core ${core}.`,
      details: { extension: name, core, version },
    })
  }
  for (const used of uses) check(used.extension, version)
}

function ownVersion(): string {
  const manifest: { version: string } = JSON.parse(readFileSync(join(coreModules().dir, 'package.json'), 'utf8'))
  return manifest.version
}
