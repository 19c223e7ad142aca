import { machineFacts } from './machine.ts'
import type { RowResult, SideResult } from './measure-row.ts'
import { sides } from './row.ts'
import { formatSeconds } from './statistics.ts'
import { METAFLOW, root } from './workplace.ts'

const heads = ['work', `Metaflow ${METAFLOW}`, 'raw', 'flow', 'ratio', 'goal', ''] as const

/** The results as a Markdown table, which is readable on a terminal as it is. */
export function formatTable(results: readonly RowResult[]): string {
  const rows = [heads, ...results.map(cellsOf)]
  const widths = heads.map((_, column) => Math.max(3, ...rows.map(row => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const rule = line(widths.map(width => '-'.repeat(width)))
  return [line(heads), rule, ...rows.slice(1).map(line)].join('\n')
}

function cellsOf(result: RowResult): readonly string[] {
  const { title, goal, facts } = result.row
  const theirs = facts?.[sides.metaflow] ?? '–'
  if (result.state !== 'measured') return [title, theirs, '–', result.state, '–', goal.text, result.state]
  const side = (name: string): SideResult | undefined => result.sides.find(one => one.name === name)
  const cell = (name: string): string => times(side(name)) ?? facts?.[name] ?? '–'
  const other = side(sides.metaflow) ?? side(sides.raw)
  const ours = side(sides.ours)
  const ratio = other === undefined || ours === undefined ? '–' : `${(other.median / ours.median).toFixed(2)} ×`
  return [
    title,
    cell(sides.metaflow),
    cell(sides.raw),
    cell(sides.ours),
    ratio,
    goal.text,
    result.met ? 'met' : 'not met',
  ]
}

function times(side: SideResult | undefined): string | undefined {
  if (side === undefined) return undefined
  const notes = Object.entries(side.notes).map(
    ([name, value]) => `; ${name} ${value < 10 ? value.toFixed(2) : Math.round(value)}`,
  )
  return `${formatSeconds(side.median)} (${formatSeconds(side.min)})${notes.join('')}`
}

/** The page bench/RESULTS.md. */
export function formatPage(results: readonly RowResult[], runs: number): string {
  const unmeasured = results.filter(result => result.state !== 'measured')
  return (
    [
      '# Results',
      '',
      `Written by \`npm run bench\`. Each cell: the median of ${runs} runs, and in brackets the least; the sides of a row ran in`,
      'turn. The ratio says how many times longer the other side took (Metaflow, or else raw). Seconds differ from machine to',
      'machine; ratios are what to compare, and what goals beside Metaflow are about. A goal is met when the medians meet it.',
      '',
      formatTable(results),
      '',
      ...machineFacts().map(([name, value]) => `- ${name}: ${value}`),
      '',
      ...unmeasured.flatMap(({ row, state, reason }) => [
        `${row.title}: ${state}`,
        '',
        '```',
        withoutPlaces(reason),
        '```',
        '',
      ]),
    ]
      .join('\n')
      .trimEnd() + '\n'
  )
}

// The page is read elsewhere: where this checkout and this Node lie says nothing there.
function withoutPlaces(text: string): string {
  return text.replaceAll(process.execPath, 'node').replaceAll(`${root}/`, '')
}
