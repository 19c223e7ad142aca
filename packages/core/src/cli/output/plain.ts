import type { RunEvent } from '../../run/events.js'
import type { Colors } from './colors.js'
import { count, formatDuration, formatPlace, formatTime } from './format.js'
import type { Renderer } from './renderer.js'
import type { Output } from './sink.js'
import { SkippedLines, skippedNote } from './skipped.js'

type LogEvent = Extract<RunEvent, { type: 'log' }>

/** Lines as they come, `time [run/step/task@node rank] text`: for pipes, files and small terminals. */
export class PlainRenderer implements Renderer {
  readonly #output: Output
  readonly #colors: Colors
  readonly #skipped = new SkippedLines()

  constructor(output: Output, colors: Colors) {
    this.#output = output
    this.#colors = colors
  }

  event(event: RunEvent): void {
    if (event.type === 'log') return this.#log(event)
    const line = describeEvent(event, this.#colors)
    if (line !== undefined) this.#output.write(`${this.#colors.dim(formatTime(event.at))} ${line}\n`)
  }

  note(text: string): void {
    this.#output.write(`${text}\n`)
  }

  async close(): Promise<void> {
    this.#reportSkipped()
    await this.#output.drained()
  }

  #log(event: LogEvent): void {
    if (event.skipped !== undefined) this.#skipped.add(event.task, event.skipped)
    if (this.#output.saturated) return this.#skipped.add(event.task)
    if (this.#skipped.any && this.#output.relaxed) this.#reportSkipped()
    this.#output.write(formatLog(event, this.#colors))
  }

  #reportSkipped(): void {
    for (const [task, lines] of this.#skipped.take()) {
      this.#output.write(`${formatTime(Date.now())} ${formatPlace(task)} ${skippedNote(task, lines)}\n`)
    }
  }
}

/** One log line with its place, ended by a newline. */
export function formatLog(event: LogEvent, colors: Colors): string {
  const head = `${formatTime(event.at)} ${formatPlace(event.task, event.node, event.rank)}`
  return `${colors.dim(head)} ${event.text}\n`
}

/** What a person should read of an event that is no log line; undefined for those that only the board shows. */
export function describeEvent(event: Exclude<RunEvent, LogEvent>, colors: Colors): string | undefined {
  switch (event.type) {
    case 'run.started':
      return `[${lastPart(event.run)}] ${colors.bold(event.flow)} started${event.tags.length === 0 ? '' : ` (${event.tags.join(', ')})`}`
    case 'progress':
      return `[${event.what}] ${event.text}`
    case 'task.started': {
      const facts = [
        ...(event.nodes === undefined ? [] : [count(event.nodes, 'node')]),
        ...(event.attempt > 0 ? [`attempt ${event.attempt}`] : []),
      ]
      return `${formatPlace(event.task)} started${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`
    }
    case 'task.retrying':
      return `${formatPlace(event.task)} ${colors.yellow(`attempt ${event.attempt}`)} in ${formatDuration(event.delayMs)}`
    case 'gang.ready':
      return `${formatPlace(event.task)} ${count(event.nodes, 'node')} ready${budgetText(event.budget)}`
    case 'rank.ended': {
      if (event.exitCode === 0) return undefined
      const how = event.signal === null ? `exited with code ${event.exitCode}` : `was ended by ${event.signal}`
      return `${formatPlace(event.task, event.node, event.rank)} ${colors.red(`rank ${event.rank} ${how}`)}`
    }
    case 'warning':
      return `${event.task === undefined ? '' : `${formatPlace(event.task)} `}${colors.yellow('warning')} ${event.message}`
    case 'task.ended': {
      const took = formatDuration(event.durationMs)
      if (event.outcome === 'ok') return `${formatPlace(event.task)} ${colors.green('done')} in ${took}`
      const message = event.verdict === undefined ? '' : `: ${event.verdict.message}`
      const isCaught = event.verdict?.caught !== undefined
      const outcome = isCaught ? colors.yellow(`${event.outcome} (caught)`) : colors.red(event.outcome)
      return `${formatPlace(event.task)} ${outcome} after ${took}${message}`
    }
    case 'run.ended': {
      const took = formatDuration(event.durationMs)
      const end = event.outcome === 'ok' ? `${colors.green('done')} in` : `${colors.red(event.outcome)} after`
      return `[${lastPart(event.run)}] ${end} ${took}`
    }
    default:
      return undefined
  }
}

function budgetText(budget: Readonly<Record<string, number>>): string {
  const parts = Object.entries(budget).map(([phase, ms]) => `${phase} ${formatDuration(ms)}`)
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
