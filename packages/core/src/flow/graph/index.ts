// Apart from flow/index.ts: what is here loads the parser, which no step needs.
export { checkDecorations } from './check-decorations.js'
export { formatGraph, graphToDot } from './format.js'
export type { Graph, GraphStep, StepKind } from './graph.js'
export { parseFlow, type ParsedFlow } from './parse-flow.js'
export { lintError, type LintProblem } from './problem.js'
