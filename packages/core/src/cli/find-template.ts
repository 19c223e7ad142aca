import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { FlowError } from '../errors/index.js'
import type { AnyExtension, Template } from '../gang/index.js'

/** A template, and the package that offers it. */
export interface FoundTemplate {
  readonly template: Template
  readonly packageName: string
  readonly version: string
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly exports?: unknown
  readonly main?: string
}

/**
 * The template that a person named: `mpi` is that of `@flow/mpi`, or else of a package of this name; behind a colon
 * stands which of its templates.
 *
 * @param folders Where packages are looked for, first come first.
 * @throws `FLOW_CLI_TEMPLATE`
 */
export async function findTemplate(wanted: string, folders: readonly string[]): Promise<FoundTemplate> {
  const [packageName = '', templateName] = wanted.split(':')
  const names = /[@/]/.test(packageName) ? [packageName] : [`@flow/${packageName}`, packageName]
  const path = names.flatMap(name => folders.map(folder => manifestOf(name, folder))).find(found => found !== undefined)
  if (path === undefined) throw notInstalled(wanted, names)
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest
  const entry = entryOf(manifest.exports) ?? manifest.main ?? 'index.js'
  const module = (await import(pathToFileURL(join(dirname(path), entry)).href)) as Readonly<Record<string, unknown>>
  const offered = Object.values(module).flatMap(templatesOf)
  const template = templateName === undefined ? offered[0] : offered.find(one => one.name === templateName)
  if (template === undefined) throw notOffered(wanted, manifest.name, offered)
  return { template, packageName: manifest.name, version: manifest.version }
}

function manifestOf(name: string, folder: string): string | undefined {
  try {
    return findPackageJSON(name, pathToFileURL(join(folder, 'flow.ts')))
  } catch {
    return undefined
  }
}

/** The file that an import of the package loads. */
function entryOf(exports: unknown): string | undefined {
  if (typeof exports === 'string') return exports
  if (typeof exports !== 'object' || exports === null) return undefined
  const { '.': main, node, import: esm, default: other } = exports as Readonly<Record<string, unknown>>
  return [main, node, esm, other].map(entryOf).find(found => found !== undefined)
}

/** Those of an extension, which is all that its decorator is. */
function templatesOf(exported: unknown): readonly Template[] {
  if (typeof exported !== 'function' || !('extension' in exported)) return []
  return (exported as unknown as AnyExtension).extension.templates ?? []
}

function notInstalled(wanted: string, names: readonly string[]): FlowError {
  return new FlowError('FLOW_CLI_TEMPLATE', {
    message: `The package of the template '${wanted}' is not installed`,
    why: `Neither here nor beside flow itself is there a package ${names.join(' or ')}.`,
    fix: `npm install ${names[0]}, or once: npx --package=@flow/core --package=${names[0]} flow init --template ${wanted}`,
    details: { wanted, packages: names },
  })
}

function notOffered(wanted: string, packageName: string, offered: readonly Template[]): FlowError {
  return new FlowError('FLOW_CLI_TEMPLATE', {
    message: `${packageName} has no template for '${wanted}'`,
    why:
      offered.length === 0
        ? 'It exports no extension with templates.'
        : `Its templates: ${offered.map(({ name, help }) => `${name} (${help})`).join(', ')}.`,
    fix: 'Name one of its templates, or leave --template out for a flow of core alone.',
    details: { wanted, packageName, offered: offered.map(({ name }) => name) },
  })
}
