import { FlowError } from '../../errors/index.js'
import { MAX_TIMER_MS } from '../../flow/index.js'

type Facts = Readonly<Record<string, unknown>>

/** What the nodes published, and who waits for what of it. */
export class FactBoard {
  readonly #byNode = new Map<number, Record<string, unknown>>()
  readonly #waiting = new Set<() => void>()

  of(node: number): Facts {
    return this.#byNode.get(node) ?? {}
  }

  add(node: number, facts: Facts): void {
    this.#byNode.set(node, { ...this.#byNode.get(node), ...facts })
    for (const wake of this.#waiting) wake()
  }

  /** @throws `FLOW_GANG_FACT_TIMEOUT` */
  wait(name: string, from: number, timeoutMs: number, signal: AbortSignal): Promise<unknown> {
    const found = (): boolean => Object.hasOwn(this.of(from), name)
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        this.#waiting.delete(wake)
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
        finish()
      }
      const wake = (): void => {
        if (found()) settle(() => resolve(this.of(from)[name]))
      }
      const onAbort = (): void => settle(() => reject(stopped()))
      const timer = setTimeout(
        () => settle(() => reject(tooLate(name, from, timeoutMs))),
        Math.min(timeoutMs, MAX_TIMER_MS),
      )
      this.#waiting.add(wake)
      if (signal.aborted) onAbort()
      else signal.addEventListener('abort', onAbort, { once: true })
      wake()
    })
  }
}

/** What waits when the gang stops is told so. */
export function stopped(): FlowError {
  return new FlowError('FLOW_GANG_STOPPED', {
    message: 'The gang is being stopped',
    why: 'A node failed, the run was cancelled, or it timed out.',
  })
}

function tooLate(name: string, from: number, timeoutMs: number): FlowError {
  return new FlowError('FLOW_GANG_FACT_TIMEOUT', {
    message: `Node ${from} did not publish '${name}' within ${timeoutMs} ms`,
    fix: 'Check that it publishes it on every path, or give `fact` a longer timeout.',
    details: { name, from },
  })
}
