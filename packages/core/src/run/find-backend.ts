import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { type Backend, type BackendPackage, isBackendPackage, localBackend } from '../backends/index.js'
import { FlowError } from '../errors/index.js'

/**
 * The backend that `--with NAME:…` names: `local`, the package `@flow/NAME`, or any package or file by its specifier, seen
 * from the flow's folder.
 *
 * @param options texts, by name
 * @param from `decorators`: the other names that `--with` knows, for the message.
 * @throws `FLOW_WITH_INVALID`, `FLOW_BACKEND_INVALID`, `FLOW_BACKEND_OPTIONS`
 */
export async function findBackend(
  name: string,
  options: Readonly<Record<string, string>>,
  from: { readonly flowFile: string; readonly decorators: readonly string[] },
): Promise<Backend> {
  if (name === localBackend.name) return localOnly(options)
  const specifier = /^[@./]|\//.test(name) ? name : `@flow/${name}`
  const file = resolveFrom(from.flowFile, specifier)
  if (file === undefined) {
    throw new FlowError('FLOW_WITH_INVALID', {
      message: `--with ${name}: there is no ${specifier}`,
      why: `It was looked for from ${from.flowFile}.`,
      fix: `Install it (npm install ${specifier}), name a file (./${name}.js), or use one of: ${from.decorators.join(', ')}, local.`,
    })
  }
  return (await load(name, specifier, file)).open(options)
}

function localOnly(options: Readonly<Record<string, string>>): Backend {
  const [unknown] = Object.keys(options)
  if (unknown === undefined) return localBackend
  throw new FlowError('FLOW_BACKEND_OPTIONS', {
    message: `Options of backend local: it has no option '${unknown}'`,
    fix: 'Write --with local alone, or leave it out.',
  })
}

async function load(name: string, specifier: string, file: string): Promise<BackendPackage> {
  let module: { readonly default?: unknown }
  try {
    module = (await import(pathToFileURL(file).href)) as typeof module
  } catch (cause) {
    if (FlowError.is(cause)) throw cause
    throw new FlowError('FLOW_BACKEND_INVALID', {
      message: `--with ${name}: ${specifier} could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      fix: `Try it by itself: node ${file}`,
      cause,
    })
  }
  if (isBackendPackage(module.default)) return module.default
  throw new FlowError('FLOW_BACKEND_INVALID', {
    message: `--with ${name}: ${specifier} is no backend`,
    why: 'A backend is what defineBackend() gives, as the default export. Only backends, and decorators that fit every step, can be added from outside.',
    fix: `If it is an extension, write its decorator above the steps that it is for.`,
  })
}

function resolveFrom(flowFile: string, specifier: string): string | undefined {
  try {
    return createRequire(flowFile).resolve(specifier)
  } catch {
    return undefined
  }
}
