/** A line of `flow run --json`, as far as the timeline looks at it. */
interface Event {
  readonly at: number
  readonly type: string
  readonly task?: string
  readonly node?: number
  readonly rank?: number
  readonly outcome?: string
  readonly what?: string
  readonly budget?: Readonly<Record<string, number>>
}

/** One line an event, with the milliseconds since the command was started and since the event before it. */
export function formatTimeline(json: string, started: number): string {
  const events = json
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Event)
  let before = started
  const lines = events
    .filter(event => event.type !== 'log')
    .map(event => {
      const line = `${column(event.at - started)} ${column(event.at - before, '+')}  ${describe(event)}`
      before = event.at
      return line
    })
  return lines.join('\n')
}

function describe({ type, task, node, rank, outcome, what, budget }: Event): string {
  const who = [
    task,
    node === undefined ? undefined : `node ${node}`,
    rank === undefined ? undefined : `rank ${rank}`,
    what,
    outcome,
  ]
  const phases = Object.entries(budget ?? {}).map(([phase, ms]) => `\n${' '.repeat(20)}${phase}: ${Math.round(ms)} ms`)
  return [type, ...who.filter(part => part !== undefined)].join(' ') + phases.join('')
}

function column(ms: number, sign = ''): string {
  return `${sign}${Math.round(ms)} ms`.padStart(9)
}
