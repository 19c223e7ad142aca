import type { Graph, GraphStep } from './graph.js'

/**
 * The graph as text: a line for each step, indented by the splits it is inside of:
 *
 * MpiHello
 *   start  → multinode ×4
 *     multinode  @pypi @resources @mpi  → join
 *   join (joins start)  → end
 *   end
 */
export function formatGraph(graph: Graph): string {
  const lines = [graph.flowName]
  for (const step of inOrder(graph)) {
    const depth = step.isJoin ? step.splitParents.length - 1 : step.splitParents.length
    const indent = '  '.repeat(depth + 1)
    if (step.doc !== undefined) lines.push(`${indent}# ${step.doc.split('\n', 1)[0] ?? ''}`)
    const parts = [`${indent}${step.name}${step.isJoin ? ` (joins ${step.splitParents.at(-1) ?? ''})` : ''}`]
    if (step.decorators.length > 0) parts.push(step.decorators.map(name => `@${name}`).join(' '))
    if (step.next.length > 0) parts.push(`→ ${step.next.join(', ')}${splitText(step)}`)
    lines.push(parts.join('  '))
  }
  return `${lines.join('\n')}\n`
}

/** The graph in the language of Graphviz. */
export function graphToDot(graph: Graph): string {
  const lines = [`digraph ${quote(graph.flowName)} {`, '  rankdir=LR;', '  node [shape=box, style=rounded];']
  for (const step of inOrder(graph)) {
    const decorators = step.decorators.map(name => `@${name}`).join(' ')
    const label = decorators === '' ? step.name : `${step.name}\n${decorators}`
    lines.push(`  ${quote(step.name)} [label=${quote(label)}${step.isParallel ? ', peripheries=2' : ''}];`)
  }
  for (const step of inOrder(graph)) {
    const text = splitText(step).trim()
    const label = text === '' ? '' : ` [label=${quote(text)}]`
    for (const name of step.next) lines.push(`  ${quote(step.name)} -> ${quote(name)}${label};`)
  }
  return `${lines.join('\n')}\n}\n`
}

function splitText(step: GraphStep): string {
  if (step.numParallel !== undefined) return ` ×${step.numParallel.value ?? `(${step.numParallel.text})`}`
  return step.foreach === undefined ? '' : ` for each of ${step.foreach}`
}

/** Steps from start to end, each after all that come before it. */
function inOrder(graph: Graph): GraphStep[] {
  const open = new Map([...graph.steps.keys()].map(name => [name, 0]))
  for (const step of graph.steps.values()) for (const name of step.next) open.set(name, (open.get(name) ?? 0) + 1)
  const ordered: GraphStep[] = []
  const visit = (name: string): void => {
    const step = graph.steps.get(name)
    if (step === undefined) return
    ordered.push(step)
    for (const next of step.next) {
      const left = (open.get(next) ?? 0) - 1
      open.set(next, left)
      if (left === 0) visit(next)
    }
  }
  visit('start')
  return ordered
}

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}
