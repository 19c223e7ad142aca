import type { EndRecord, Verdict } from '../../store/index.js'
import type { Colors } from '../output/colors.js'
import { count, formatDuration } from '../output/format.js'
import { indent } from './print-error.js'

const EXCERPT_LINES = 20

/**
 * How a task failed: the cause with its node and rank, why and what to do where an error says so, the end of its
 * stderr, and the command that shows the whole log, or, `afterLog`, how long each part of the attempt took.
 */
export function formatVerdict(
  task: string,
  verdict: Verdict,
  colors: Colors,
  { afterLog = false }: { readonly afterLog?: boolean } = {},
): string {
  const { first, victims, error, hint, caught } = verdict
  const code = error?.code ?? `(${verdict.outcome})`
  const parts = [`${colors.bold(colors.red('error'))} ${colors.bold(code)}: ${task} failed: ${verdict.message}`]
  if (error?.frame !== undefined) parts.push('', indent(error.frame, '  '), '')
  if (error?.why !== undefined) parts.push(`  ${colors.dim('why:')} ${error.why}`)
  if (error?.fix !== undefined) parts.push(`  ${colors.dim('fix:')} ${error.fix}`)
  if (hint !== undefined) parts.push(`  ${colors.dim('hint:')} ${hint}`)
  if (caught !== undefined) parts.push(`  caught: the flow went on with the failure as ${caught}`)
  const excerpt = withoutOurFrames(shortened(first?.excerpt ?? '', error)).trimEnd()
  if (excerpt !== '' && !verdict.message.includes(excerpt))
    parts.push('', indent(lastLines(excerpt), colors.dim('  │ ')), '')
  if (victims.length > 0) parts.push(`  ended with it: ${describeVictims(victims)}`)
  parts.push(
    afterLog ? `  timeline: ${describeTimeline(verdict)}` : `  the full log: ${colors.cyan(logCommand(task, first))}`,
  )
  return `${parts.join('\n')}\n`
}

/** A long message stands above already: of the stack that begins with it, its first line and the frames are left. */
function shortened(excerpt: string, error: Verdict['error']): string {
  const message = error === undefined ? '' : `${error.name}: ${error.message}`
  if (!message.includes('\n') || !excerpt.startsWith(message)) return excerpt
  return message.slice(0, message.indexOf('\n')) + excerpt.slice(message.length)
}

function describeVictims(victims: readonly EndRecord[]): string {
  const nodes = [...new Set(victims.map(victim => victim.node))].toSorted((a, b) => a - b)
  const ranks = victims.filter(victim => victim.rank !== undefined).length
  const shown = nodes.slice(0, 8).join(', ') + (nodes.length > 8 ? ', …' : '')
  return `${ranks > 0 ? `${count(ranks, 'rank')} on ` : ''}${nodes.length === 1 ? 'node' : 'nodes'} ${shown}`
}

function describeTimeline({ timeline }: Verdict): string {
  return Object.entries(timeline)
    .map(([name, ms]) => `${name} ${formatDuration(ms)}`)
    .join(', ')
}

function logCommand(task: string, first: EndRecord | undefined): string {
  const node = first === undefined || first.node === 0 ? '' : ` --node ${first.node}`
  const rank = first?.rank === undefined ? '' : ` --rank ${first.rank}`
  return `flow logs ${task}${node}${rank}`
}

function lastLines(text: string): string {
  const lines = text.split('\n')
  return lines.length <= EXCERPT_LINES ? text : ['…', ...lines.slice(-EXCERPT_LINES)].join('\n')
}

// In the stack of an exception of a step or a hook: Node's frames, what stays in the code package's dependency layer,
// which is Flow's own (the places of packages have been mapped to their files), and what calls the taps of a hook.
const ourFrame =
  /^\s+at (.*(\(|\s))?(node:|(file:\/\/)?[^()]*\/(deps\/[0-9a-f]{32}\/[^/]+\.mjs|node_modules\/tapable\/))/

function withoutOurFrames(text: string): string {
  return text
    .split('\n')
    .filter(line => !ourFrame.test(line))
    .join('\n')
}
