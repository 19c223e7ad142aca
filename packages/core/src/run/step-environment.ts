import { delimiter } from 'node:path'
import { ensureEnvironment } from '../python/index.js'
import type { StepNeeds } from './step-plan.js'

/** Makes the Python environments of a run, each once, however many tasks ask for it. */
export class StepEnvironments {
  readonly #made = new Map<string, Promise<Readonly<Record<string, string>>>>()
  readonly #signal: AbortSignal
  readonly #progress: (text: string, done: boolean) => void

  constructor(signal: AbortSignal, progress: (text: string, done: boolean) => void) {
    this.#signal = signal
    this.#progress = progress
  }

  /** What a step's programs get on top of the environment: its own variables, and its Python first on PATH. */
  of(needs: StepNeeds): Promise<Readonly<Record<string, string>>> {
    let made = this.#made.get(needs.step)
    if (made === undefined) {
      made = this.#make(needs)
      // Asked for early, awaited when the step runs: until then a failure is nobody's.
      made.catch(() => undefined)
      this.#made.set(needs.step, made)
    }
    return made
  }

  async #make(needs: StepNeeds): Promise<Readonly<Record<string, string>>> {
    if (needs.pypi === undefined) return needs.env
    let told = false
    const environment = await ensureEnvironment(needs.pypi, {
      signal: this.#signal,
      onProgress: text => {
        told = true
        this.#progress(text, false)
      },
    })
    if (told) this.#progress(`environment of step ${needs.step} is ready`, true)
    const path = needs.env['PATH'] ?? process.env['PATH'] ?? ''
    return { ...needs.env, PATH: `${environment.bin}${delimiter}${path}`, VIRTUAL_ENV: environment.dir }
  }
}
