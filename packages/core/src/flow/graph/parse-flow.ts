import { type Comment, type OxcError, parseSync } from 'oxc-parser'
import { FlowError } from '../../errors/index.js'
import { Constants } from './constants.js'
import { type Draft, type DraftStep, isSplit } from './draft.js'
import type { Graph, GraphStep, StepKind } from './graph.js'
import { Imports } from './imports.js'
import { lintShape } from './lint-shape.js'
import { lintSplits, type SplitFacts } from './lint-splits.js'
import { readMembers, type StepMethod } from './members.js'
import { readNext } from './next-call.js'
import { lintParameters } from './parameters.js'
import { pickFlow, type PickedFlow } from './pick-flow.js'
import { type LintProblem, Source } from './problem.js'

const MAX_SYNTAX_ERRORS = 5

/** What a source says: its graph, or what is wrong with it. */
export type ParsedFlow =
  | { readonly graph: Graph; readonly problems: readonly [] }
  | { readonly graph?: undefined; readonly problems: readonly LintProblem[] }

/**
 * Reads the graph of the flow that a file exports, without running it.
 *
 * @param text The file's content: TypeScript or JavaScript.
 * @param file Its path, for positions; the ending says the language.
 * @returns The graph, or all problems in the order of the source (`FLOW_LINT_…`).
 */
export function parseFlow(text: string, file: string): ParsedFlow {
  const source = new Source(text, file)
  const parsed = parseSync(file, text, { lang: languageOf(file), sourceType: 'module' })
  if (parsed.errors.length > 0) {
    for (const error of parsed.errors.slice(0, MAX_SYNTAX_ERRORS)) reportSyntax(error, source)
    return { problems: source.problems }
  }
  const { program } = parsed
  const imports = new Imports(program)
  const flow = pickFlow(program, imports, source)
  if (flow === undefined) return { problems: source.problems }
  const members = readMembers(flow, imports, source)
  lintParameters(flow, imports, source)
  const constants = new Constants(program)
  const draft = new Map<string, DraftStep>()
  for (const method of members.steps.values()) {
    const found = source.count
    const next = readNext(method, members, constants, source)
    // "Has none" would be wrong of a next that was found and could not be read.
    const hasNext = next !== undefined || source.count > found
    draft.set(method.name, { name: method.name, key: method.node.key, isJoin: isJoin(method, source), next, hasNext })
  }
  const last = flow.classes.at(-1)?.node
  const isWalkable = lintShape(draft, last?.id ?? { start: last?.start ?? 0, end: (last?.start ?? 0) + 5 }, source)
  // What could not be read would show as splits without joins: first things first.
  if (!isWalkable) return { problems: atLeastOne(source) }
  const facts = lintSplits(draft, source)
  if (source.problems.length > 0) return { problems: source.problems }
  return { graph: buildGraph(flow, members.steps, draft, facts, source, parsed.comments), problems: [] }
}

/** A source without a graph and without a problem would be a defect here: it must not look like a flow without steps. */
function atLeastOne(source: Source): readonly LintProblem[] {
  if (source.count > 0) return source.problems
  throw new FlowError('FLOW_INTERNAL', { message: `${source.file} has no graph, and no problem was found` })
}

function languageOf(file: string): 'js' | 'jsx' | 'ts' | 'tsx' {
  if (/\.[cm]?js$/.test(file)) return 'js'
  if (file.endsWith('.jsx')) return 'jsx'
  return file.endsWith('.tsx') ? 'tsx' : 'ts'
}

function reportSyntax(error: OxcError, source: Source): void {
  const label = error.labels[0] ?? { start: 0, end: 1 }
  source.report('FLOW_LINT_SYNTAX', label, error.message, error.helpMessage ?? 'Correct the syntax here.')
}

/** A step that takes inputs is a join. */
function isJoin(method: StepMethod, source: Source): boolean {
  const params = method.node.value.params.filter(param => !(param.type === 'Identifier' && param.name === 'this'))
  const second = params[1]
  if (second !== undefined) {
    source.report(
      'FLOW_LINT_JOIN_ARGUMENTS',
      second,
      `Step '${method.name}' takes ${params.length} arguments`,
      'A step takes none, or its inputs: @step join(inputs: Inputs<this>).',
    )
  }
  return params.length > 0
}

function buildGraph(
  flow: PickedFlow,
  methods: ReadonlyMap<string, StepMethod>,
  draft: Draft,
  facts: SplitFacts,
  source: Source,
  comments: readonly Comment[],
): Graph {
  const gangs = new Set(
    [...draft.values()].flatMap(({ next }) =>
      next?.numParallel === undefined ? [] : next.targets.map(target => target.name),
    ),
  )
  const steps = new Map<string, GraphStep>()
  for (const step of draft.values()) {
    const method = methods.get(step.name)
    if (method === undefined) continue
    const { line, column } = source.position(step.key.start)
    const doc = docOf(method, comments, source)
    const matchingJoin = facts.joins.get(step.name)
    steps.set(step.name, {
      name: step.name,
      line,
      column,
      ...(doc === undefined ? {} : { doc }),
      next: (step.next?.targets ?? []).map(target => target.name),
      ...(step.next?.foreach === undefined ? {} : { foreach: step.next.foreach }),
      ...(step.next?.numParallel === undefined ? {} : { numParallel: step.next.numParallel }),
      kind: kindOf(step),
      isParallel: gangs.has(step.name),
      isJoin: step.isJoin,
      decorators: method.decorators,
      splitParents: facts.parents.get(step.name) ?? [],
      ...(matchingJoin === undefined ? {} : { matchingJoin }),
    })
  }
  return { flowName: flow.name, file: source.file, exportName: flow.exportName, steps }
}

function kindOf(step: DraftStep): StepKind {
  if (step.name === 'end') return 'end'
  if (step.isJoin) return 'join'
  if (step.next?.numParallel !== undefined) return 'split-parallel'
  if (step.next?.foreach !== undefined) return 'foreach'
  if (isSplit(step)) return 'split'
  return step.name === 'start' ? 'start' : 'linear'
}

/** The comment that ends where the method or its first decorator begins. */
function docOf({ node }: StepMethod, comments: readonly Comment[], source: Source): string | undefined {
  const start = Math.min(node.start, ...node.decorators.map(one => one.start))
  const comment = comments.findLast(one => one.type === 'Block' && one.value.startsWith('*') && one.end <= start)
  if (comment === undefined || source.text.slice(comment.end, start).trim() !== '') return undefined
  const text = comment.value
    .slice(1)
    .split(/\r?\n/)
    .map(line => line.replace(/^\s*\*?\s?/, '').trimEnd())
    .join('\n')
    .trim()
  return text === '' ? undefined : text
}
