import type { ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'

/** A line of `flow run --json`, as a process that {@link FlowProject} started prints it. */
export interface JsonEvent {
  readonly type: string
  readonly at: number
  readonly task?: string
  readonly node?: number
  readonly stream?: string
  readonly text?: string
  readonly outcome?: string
  readonly message?: string
  readonly [field: string]: unknown
}

/**
 * `flow`, started by a test with {@link FlowProject}.
 *
 * @example
 * using project = new FlowProject()
 * const flow: FlowProcess = project.start(['run', 'flow.ts', '--json'])
 * await flow.line('training begins')
 * flow.kill('SIGINT')
 * console.log((await flow.ended).exitCode) // 130
 */
export class FlowProcess {
  readonly events: JsonEvent[] = []
  /** Settles when the process is gone and all its output is here. */
  readonly ended: Promise<Finished>
  readonly #child: ChildProcess
  readonly #news = new EventEmitter<{ event: [] }>()
  #stdout = ''
  #stderr = ''
  #rest = ''
  #isEnded = false

  constructor(child: ChildProcess) {
    this.#child = child
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#read(text))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
      this.#news.emit('event')
    })
    this.ended = once(child, 'close').then(([exitCode, signal]) => {
      this.#isEnded = true
      this.#news.emit('event')
      return new Finished({ exitCode, signal, stdout: this.#stdout, stderr: this.#stderr, events: this.events })
    })
  }

  get pid(): number {
    const { pid } = this.#child
    if (pid === undefined) throw new Error('flow could not be started')
    return pid
  }

  /** The first event that fits, as soon as it is there. Rejects when the process ends without it. */
  event(fits: (event: JsonEvent) => boolean): Promise<JsonEvent> {
    return this.#when(() => this.events.find(fits))
  }

  /** The first log line that contains `text`. */
  line(text: string): Promise<JsonEvent> {
    return this.event(event => event.type === 'log' && event.text?.includes(text) === true)
  }

  /** Waits until `text` was printed on standard output. */
  async output(text: string): Promise<void> {
    await this.#when(() => this.#stdout.includes(text) || undefined)
  }

  /** Waits until `text` was printed on standard error. */
  async error(text: string): Promise<void> {
    await this.#when(() => this.#stderr.includes(text) || undefined)
  }

  async #when<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      if (this.#isEnded) throw new Error(`flow ended without it:\n${this.#stdout}\n${this.#stderr}`)
      await once(this.#news, 'event')
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  #read(text: string): void {
    this.#stdout += text
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line.startsWith('{"at"')) this.events.push(JSON.parse(line) as JsonEvent)
    }
    this.#news.emit('event')
  }
}

/**
 * How `flow` ended, started by a test with {@link FlowProject}.
 *
 * @example
 * using project = new FlowProject()
 * const end: Finished = await project.start(['run', 'flow.ts', '--json']).ended
 * console.log(end.exitCode, end.lines('train'))
 */
export class Finished {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly events: readonly JsonEvent[]

  constructor(fields: Pick<Finished, 'exitCode' | 'signal' | 'stdout' | 'stderr' | 'events'>) {
    this.exitCode = fields.exitCode
    this.signal = fields.signal
    this.stdout = fields.stdout
    this.stderr = fields.stderr
    this.events = fields.events
  }

  /** Log lines, of one step if named. */
  lines(step?: string): string[] {
    const logs = this.events.filter(
      event => event.type === 'log' && (step === undefined || event.task?.split('/')[2] === step),
    )
    return logs.map(event => event.text ?? '')
  }

  /** The path of the first task of a step. */
  task(step: string): string {
    return this.events.find(event => event.type === 'task.started' && event['step'] === step)?.task ?? ''
  }

  /** `Flow/run` */
  get path(): string {
    return String(this.events.find(event => event.type === 'run.started')?.['run'])
  }

  /** What a person sees when a test fails. */
  get output(): string {
    return `${this.stdout}${this.stderr}`
  }
}
