import { stripVTControlCharacters } from 'node:util'
import type { BoardState, BoardStep, BoardTask } from './board-state.js'
import type { Colors } from './colors.js'
import { count, formatDuration } from './format.js'

/** Room for the board: columns and rows of the terminal that it may take. */
export interface BoardSize {
  readonly columns: number
  readonly rows: number
}

/** Draws the board: one line a step, below it the nodes of a gang that runs, with their ranks and last lines. */
export function boardLines(state: BoardState, now: number, size: BoardSize, colors: Colors): string[] {
  const steps = [...state.steps.values()]
  const nameWidth = Math.min(24, Math.max(0, ...steps.map(step => step.name.length)))
  const elapsed = state.startedAt === undefined ? '' : formatDuration(now - state.startedAt)
  const lines: Line[] = [{ text: `${state.title}  ${elapsed}`, paint: colors.bold }]
  for (const [what, text] of state.progress) lines.push({ text: `  … ${what}: ${clean(text)}`, paint: colors.cyan })
  for (const step of steps) lines.push(...stepLines(step, now, nameWidth, colors))
  return fit(lines, Math.max(3, size.rows), colors).map(({ text, paint }) => paint(cut(text, size.columns - 1)))
}

interface Line {
  readonly text: string
  readonly paint: (text: string) => string
  /** Dropped first where rows are short. */
  readonly detail?: boolean
}

function stepLines(step: BoardStep, now: number, nameWidth: number, colors: Colors): Line[] {
  const tasks = [...step.running.values()]
  const name = step.name.padEnd(nameWidth)
  if (tasks.length === 0 && step.done + step.failed + step.caught === 0) {
    const waits = formatDuration(now - step.startedAt)
    return [{ text: `  ● ${name}  waits to be tried again  ${waits}`, paint: colors.yellow }]
  }
  if (tasks.length === 0) {
    const ok = step.failed === 0
    const facts = [
      ...(step.done > 1 ? [`${step.done} tasks`] : []),
      ...(ok ? [] : [`${step.failed} failed`]),
      ...(step.caught > 0 ? [`${step.caught} caught`] : []),
      formatDuration(step.endedAt - step.startedAt),
    ]
    const paint = !ok ? colors.red : step.caught > 0 ? colors.yellow : colors.green
    return [{ text: `  ${ok ? '✓' : '✗'} ${name}  ${facts.join('  ')}`, paint }]
  }
  const only = tasks.length === 1 && step.done + step.failed + step.caught === 0 ? tasks[0] : undefined
  const facts = only === undefined ? countsOf(step) : factsOf(only)
  const took = formatDuration(now - step.startedAt)
  const last = only !== undefined && only.nodes === undefined ? lastLine(only, 0) : ''
  const head: Line = { text: `  ● ${name}  ${[...facts, took].join('  ')}${last}`, paint: colors.yellow }
  return [head, ...tasks.filter(task => task.nodes !== undefined).flatMap(task => nodeLines(task, colors))]
}

function countsOf(step: BoardStep): string[] {
  const counts = [
    `${step.running.size} running`,
    ...(step.done > 0 ? [`${step.done} done`] : []),
    ...(step.failed > 0 ? [`${step.failed} failed`] : []),
    ...(step.caught > 0 ? [`${step.caught} caught`] : []),
  ]
  return [counts.join(', ')]
}

function factsOf(task: BoardTask): string[] {
  const attempt = task.attempt > 0 ? [`attempt ${task.attempt}`] : []
  if (task.nodes === undefined) return attempt
  if (!task.ready) return [`${task.joined} of ${count(task.nodes, 'node')} joined`, ...attempt]
  const ranks = [...task.ranks.values()].reduce((sum, one) => sum + one.size, 0)
  return [count(task.nodes, 'node') + (ranks === 0 ? '' : `, ${count(ranks, 'rank')}`), ...attempt]
}

function nodeLines(task: BoardTask, colors: Colors): Line[] {
  return Array.from({ length: task.nodes ?? 0 }, (_, node) => {
    const ranks = [...(task.ranks.get(node) ?? [])].toSorted((a, b) => a - b)
    const who = ranks.length === 0 ? '' : `  ranks ${ranks.join(' ')}`
    return { text: `      node ${node}${who}${lastLine(task, node)}`, paint: colors.dim, detail: true }
  })
}

function lastLine(task: BoardTask, node: number): string {
  const line = clean(task.lastLines.get(node) ?? '')
  return line === '' ? '' : `  │ ${line}`
}

// A line may hold anything that moves the cursor: the board shows its text only.
function clean(text: string): string {
  return (
    stripVTControlCharacters(text)
      // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
      .replace(/[\u0000-\u001f\u007f]+/g, ' ')
      .trim()
  )
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`
}

// Details go first, then the oldest steps; what is left out is counted.
function fit(lines: readonly Line[], rows: number, colors: Colors): readonly Line[] {
  if (lines.length <= rows) return lines
  const [title, ...rest] = lines
  if (title === undefined) return lines
  const essential = rest.filter(line => line.detail !== true)
  const room = rows - 2
  const kept = essential.length >= room ? new Set(essential.slice(-room)) : new Set(essential)
  for (const line of rest) if (line.detail === true && kept.size < room) kept.add(line)
  const more: Line = { text: `      … ${count(rest.length - kept.size, 'more line')}`, paint: colors.dim }
  return [title, ...rest.filter(line => kept.has(line)), more]
}
