import type { Program } from 'oxc-parser'
import { type FoundClass, findClasses, lineageOf } from './classes.js'
import type { Imports } from './imports.js'
import type { Source } from './problem.js'

/** The one flow of a file. */
export interface PickedFlow {
  readonly name: string
  readonly exportName: string
  /** Its classes in this file, base first. */
  readonly classes: readonly FoundClass[]
}

/** Finds the flow that a file exports; reports when there is none, or more than one. */
export function pickFlow(program: Program, imports: Imports, source: Source): PickedFlow | undefined {
  const all = findClasses(program, imports)
  const flows = all.flatMap(found => {
    const lineage = lineageOf(found, all, imports)
    return lineage.ends === 'flow' && !found.isAbstract ? [{ found, classes: lineage.classes }] : []
  })
  const exported = flows.filter(flow => flow.found.exports.length > 0)
  const [flow, ...others] = exported
  for (const other of others) {
    source.report(
      'FLOW_LINT_TWO_FLOWS',
      other.found.node.id ?? head(other.found),
      `The file exports more than one flow: ${exported.map(one => one.found.name ?? 'default').join(', ')}`,
      'Export one flow per file. A base class can be abstract, or not exported.',
    )
  }
  if (flow === undefined) {
    reportNone(
      program,
      all,
      flows.map(one => one.found),
      imports,
      source,
    )
    return undefined
  }
  const { found, classes } = flow
  if (others.length > 0) return undefined
  if (found.name === undefined) {
    source.report(
      'FLOW_LINT_NO_NAME',
      head(found),
      'The flow has no name',
      'Give its class one: export default class MyFlow extends Flow.',
    )
    return undefined
  }
  const exportName = found.exports.includes('default') ? 'default' : (found.exports[0] ?? 'default')
  return { name: found.name, exportName, classes }
}

function reportNone(
  program: Program,
  all: readonly FoundClass[],
  flows: readonly FoundClass[],
  imports: Imports,
  source: Source,
): void {
  for (const found of all) {
    const lineage = lineageOf(found, all, imports)
    if (lineage.ends !== 'elsewhere' || found.exports.length === 0) continue
    source.report(
      'FLOW_LINT_BASE_ELSEWHERE',
      lineage.superClass,
      `${found.name ?? 'The class'} extends ${lineage.name} of '${lineage.from}'`,
      `The graph is read from one file: extend Flow of '@flow/core', or write ${lineage.name} in this file.`,
    )
    return
  }
  const [first] = flows
  if (first !== undefined) {
    source.report(
      'FLOW_LINT_NO_FLOW',
      first.node.id ?? head(first),
      `${first.name ?? 'The flow'} is not exported`,
      `Write export default class ${first.name ?? 'MyFlow'} extends Flow.`,
    )
    return
  }
  const start = program.body[0]?.start ?? 0
  source.report(
    'FLOW_LINT_NO_FLOW',
    { start, end: start + 1 },
    'The file exports no flow',
    "Write import { Flow, step } from '@flow/core', and export default class MyFlow extends Flow { … }.",
  )
}

function head(found: FoundClass): { readonly start: number; readonly end: number } {
  return { start: found.node.start, end: found.node.start + 'class'.length }
}
