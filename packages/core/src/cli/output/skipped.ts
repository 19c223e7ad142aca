import { count } from './format.js'

/** Counts the log lines that were left out, task by task, and says so. */
export class SkippedLines {
  readonly #counts = new Map<string, number>()

  add(task: string, lines = 1): void {
    this.#counts.set(task, (this.#counts.get(task) ?? 0) + lines)
  }

  /** Takes what has been counted: `[task, lines]` each. */
  take(): [string, number][] {
    if (this.#counts.size === 0) return []
    const all = [...this.#counts]
    this.#counts.clear()
    return all
  }

  get any(): boolean {
    return this.#counts.size > 0
  }
}

/** What a person reads where lines are missing. */
export function skippedNote(task: string, lines: number): string {
  return `… ${count(lines, 'line')} not shown; see: flow logs ${task}`
}
