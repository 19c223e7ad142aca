import { AsyncSeriesHook } from 'tapable'
import { FlowError } from '../../errors/index.js'

/** Where a tap runs among those of its hook in {@link GangHooks}. */
export interface TapOptions {
  /** Names of taps that must run after this one. An unknown name is an error. */
  readonly before?: string | readonly string[] | undefined
  /** Lower runs earlier; -499 to 499, default 0. An extension's taps always come after those of what it `uses`. */
  readonly stage?: number | undefined
}

/** A hook of {@link GangHooks} as extension authors see it: every tap is awaited, in order. */
export interface Hook<C, R = void> {
  tap(name: string, fn: (context: C) => R | Promise<R>, options?: TapOptions): void
}

/** Of a waterfall: what the next tap gets, after one has returned something. */
type Carry<C, R> = (context: C, result: Exclude<R, void>) => C

interface Call<C> {
  context: C
  readonly onError: 'stop' | 'collect'
  readonly failures: unknown[]
  result: unknown
}

/** Stages are shifted by this for each level of `uses`, so that they order taps only within a level. */
const STAGES_PER_LEVEL = 1_000

/**
 * tapable's AsyncSeriesHook behind a face that closes its traps: a returned promise is always awaited, names are
 * unique, `before` must exist, taps cannot be added once the hook runs, and an error says which tap it came from.
 */
export class SeriesHook<C, R = void> implements Hook<C, R> {
  readonly #hook = new AsyncSeriesHook<[Call<C>]>(['call'])
  readonly #taps = new Map<string, readonly string[]>()
  readonly #name: string
  readonly #level: () => number
  readonly #carry: Carry<C, R> | undefined
  #running = false

  /** With `carry` it is a waterfall: each tap sees what those before it returned. */
  constructor(name: string, level: () => number, carry?: Carry<C, R>) {
    this.#name = name
    this.#level = level
    this.#carry = carry
  }

  get isUsed(): boolean {
    return this.#taps.size > 0
  }

  tap(name: string, fn: (context: C) => R | Promise<R>, options: TapOptions = {}): void {
    if (this.#running)
      throw this.#misuse(`'${name}' was added to hook ${this.#name} while it runs`, 'Tap hooks in setup().')
    if (this.#taps.has(name))
      throw this.#misuse(
        `Hook ${this.#name} has two taps named '${name}'`,
        'Give each tap of a hook a name of its own.',
      )
    const stage = options.stage ?? 0
    if (Math.abs(stage) >= STAGES_PER_LEVEL / 2)
      throw this.#misuse(`Stage ${stage} of '${name}' in hook ${this.#name} is out of range`, 'Use -499 to 499.')
    const before = [options.before ?? []].flat()
    this.#taps.set(name, before)
    const run = async (call: Call<C>): Promise<void> => {
      try {
        const result = await fn(call.context)
        if (result === undefined) return
        call.result = result
        if (this.#carry !== undefined) call.context = this.#carry(call.context, result as Exclude<R, void>)
      } catch (error) {
        const failure = this.#failed(name, error)
        if (call.onError === 'stop') throw failure
        call.failures.push(failure)
      }
    }
    // tapable takes an array here; its types say only string.
    const order = before.length > 0 ? { before: [...before] as unknown as string } : {}
    this.#hook.tapPromise({ name, stage: this.#level() * STAGES_PER_LEVEL + stage, ...order }, run)
  }

  /** Runs the taps one after another; the first that throws ends the call. Returns the last result that is not undefined. */
  async run(context: C): Promise<R | undefined> {
    return (await this.#call({ context, onError: 'stop', failures: [], result: undefined })) as R | undefined
  }

  /** Runs every tap even when one throws; returns what they threw. */
  async runAll(context: C): Promise<readonly unknown[]> {
    const call: Call<C> = { context, onError: 'collect', failures: [], result: undefined }
    await this.#call(call)
    return call.failures
  }

  async #call(call: Call<C>): Promise<unknown> {
    if (this.#taps.size === 0) return undefined
    this.#checkOrder()
    this.#running = true
    try {
      await this.#hook.promise(call)
    } finally {
      this.#running = false
    }
    return call.result
  }

  #checkOrder(): void {
    for (const [name, before] of this.#taps) {
      const unknown = before.find(other => !this.#taps.has(other))
      if (unknown !== undefined)
        throw this.#misuse(
          `'${name}' wants to run before '${unknown}' in hook ${this.#name}, which has no such tap`,
          `Its taps are: ${[...this.#taps.keys()].join(', ')}.`,
        )
    }
  }

  #failed(tap: string, cause: unknown): FlowError {
    if (FlowError.is(cause)) return cause
    const text = cause instanceof Error ? cause.message : String(cause)
    return new FlowError('FLOW_HOOK_FAILED', {
      message: `Tap '${tap}' of hook ${this.#name} failed: ${text}`,
      why: 'An extension threw while the gang was being prepared or ended.',
      fix: `Look into the extension '${tap.split(':')[0] ?? tap}'.`,
      cause,
    })
  }

  #misuse(message: string, fix: string): FlowError {
    return new FlowError('FLOW_HOOK_MISUSED', { message, fix })
  }
}
