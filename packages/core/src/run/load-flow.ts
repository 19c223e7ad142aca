import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { FlowError } from '../errors/index.js'
import { checkDecorations } from '../flow/graph/check-decorations.js'
import { lintError } from '../flow/graph/problem.js'
import { describeFlow, type FlowDescription, type Graph } from '../flow/index.js'
import { extensionUses } from '../gang/index.js'
import { buildPackage, type CodePackage, findPackage, placeInFlow } from '../package/index.js'
import { storeError } from '../store/index.js'
import { checkedGraph, keepChecked } from './checked.js'
import { addWith, readWith } from './with-decorators.js'
import type { LoadedFlow } from './types.js'

export interface LoadOptions {
  readonly onProgress?: ((text: string) => void) | undefined
  /** As `--with` takes them. */
  readonly withDecorators?: readonly string[] | undefined
  /** The package of its last run, where that was looked for already: undefined when it does not hold any more. */
  readonly found?: CodePackage | undefined
  /** A code package was made; the flow itself is loaded next. */
  readonly onPackage?: ((code: CodePackage) => void) | undefined
  /** Gives up waiting for the flow's top level. */
  readonly signal?: AbortSignal | undefined
}

/** A flow whose top level takes longer will hardly ever be done; each of its processes would wait for it. */
const MODULE_MS = 60_000

/**
 * Reads a flow: its graph from the source, its code package, its decorators and parameters from the loaded class.
 *
 * @throws `FLOW_FILE_NOT_FOUND`, `FLOW_LINT_...` (`FLOW_LINT_FAILED` for several problems), `FLOW_BUNDLE_...`,
 * `FLOW_MODULE_FAILED` when the file itself throws, and what `describeFlow` throws.
 */
export async function loadFlowFile(flowFile: string, home: string, options: LoadOptions = {}): Promise<LoadedFlow> {
  const text = readSource(flowFile)
  const found = 'found' in options ? options.found : findFlow(flowFile, home)
  const checked = found === undefined ? undefined : checkedGraph(found, text, flowFile)
  // Before anything is bundled: what it says of a mistake is meant for the author.
  const graph = checked ?? (await readGraph(text, flowFile))
  const code =
    found ??
    (await buildPackage({ flowFile, home, onProgress: options.onProgress }).catch((error: unknown) => {
      throw storeError(error, home)
    }))
  if (found === undefined) options.onPackage?.(code)
  const description = await describe(graph, code, flowFile, options.signal)
  const problems = checkDecorations(graph, description, text)
  if (problems.length > 0) throw lintError(problems)
  if (checked === undefined) {
    const uses = [...description.steps.values()].flatMap(step => extensionUses(step.decorations))
    if (uses.length > 0) (await import('./check-core.js')).checkCore(uses)
    keepChecked(code, text, graph)
  }
  const { decorations: added, backend } = await readWith(options.withDecorators ?? [], flowFile)
  const steps = new Map(
    [...description.steps].map(([name, step]) => [
      name,
      { ...step, decorations: addWith(step.decorations, added, graph.steps.get(name)) },
    ]),
  )
  return { graph, description: { ...description, steps }, package: code, backend }
}

function findFlow(flowFile: string, home: string): CodePackage | undefined {
  try {
    return findPackage({ flowFile, home })
  } catch (error) {
    throw storeError(error, home)
  }
}

async function readGraph(text: string, flowFile: string): Promise<Graph> {
  const { parseFlow } = await import('../flow/graph/index.js')
  const { graph, problems } = parseFlow(text, flowFile)
  if (graph === undefined || problems.length > 0) throw lintError(problems)
  return graph
}

function readSource(flowFile: string): string {
  try {
    return readFileSync(flowFile, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new FlowError('FLOW_FILE_NOT_FOUND', {
      message:
        code === 'ENOENT' ? `There is no file ${flowFile}` : `${flowFile} cannot be read (${code ?? String(cause)})`,
      fix: 'Give the path of a flow file, e.g. flow run flow.ts.',
      cause,
    })
  }
}

/** What the class says. An error that its file brings about, at its top level or in a field, says where. */
async function describe(
  graph: Graph,
  code: CodePackage,
  flowFile: string,
  signal: AbortSignal | undefined,
): Promise<FlowDescription> {
  try {
    const module = await importFlow(code.flowModule, flowFile, signal)
    return describeFlow(module[graph.exportName])
  } catch (error) {
    if (!FlowError.is(error) || error.at !== undefined) throw error
    const { stack } = error.cause instanceof Error ? error.cause : error
    const at = placeInFlow(stack ?? '', code)
    if (at === undefined) throw error
    const { code: errorCode, message, why, fix, details, cause } = error
    throw new FlowError(errorCode, { message, why, fix, details, cause, at })
  }
}

async function importFlow(
  module: string,
  flowFile: string,
  signal: AbortSignal | undefined,
): Promise<Record<string, unknown>> {
  const gone = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => gone.reject(new Error(`its top level was not done after ${MODULE_MS / 1_000} s`)),
    MODULE_MS,
  )
  const onAbort = (): void => gone.reject(new Error('stopped while its top level ran'))
  signal?.addEventListener('abort', onAbort, { once: true })
  // Put back below as it was; it is never called unbound.
  // oxlint-disable-next-line typescript/unbound-method
  const { exit } = process
  // It would end the command without a word, and with the exit code of a run that went well.
  process.exit = code => {
    throw new Error(`its top level called process.exit(${code ?? ''})`)
  }
  try {
    return (await Promise.race([import(pathToFileURL(module).href), gone.promise])) as Record<string, unknown>
  } catch (cause) {
    if (FlowError.is(cause)) throw cause
    throw new FlowError('FLOW_MODULE_FAILED', {
      message: `${flowFile} could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      why: 'Its top level runs in every process of a run, before any step.',
      fix: 'Move work that can fail or takes long into a step.',
      cause,
    })
  } finally {
    process.exit = exit
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}
