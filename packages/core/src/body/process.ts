import { once } from 'node:events'
import { type ChildProcess, fork } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { ExitStatus } from '../process/index.js'
import { Callee } from './calls.js'
import type { BodyTask, BodyToOwner, OwnerToBody } from './protocol.js'

/** How a body ended. */
export type BodyEnd =
  | Extract<BodyToOwner, { type: 'done' | 'failed' }>
  /** It ended without saying how its step went. */
  | { readonly type: 'exited'; readonly status: ExitStatus }

export interface BodyProcessOptions {
  readonly module: string
  readonly cwd: string
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The owner's handle to a body: one Node process that runs the method of one step, then ends. */
export class BodyProcess {
  readonly #child: ChildProcess
  readonly #ended: Promise<BodyEnd>
  readonly #exited: Promise<ExitStatus>
  #callee: Callee | undefined

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#exited = new Promise(resolve => {
      child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }))
      // Spawning itself failed: no 'exit' follows.
      child.once('error', () => resolve({ exitCode: 127, signal: null }))
    })
    this.#ended = new Promise(resolve => {
      child.on('message', (message: BodyToOwner) => {
        if (this.#callee?.receive(message) === true) return
        if (message.type === 'done' || message.type === 'failed') resolve(message)
      })
      void this.#exited.then(async status => {
        // The exit can be seen before the last message is read: that comes before the end of the connection.
        if (child.connected) await once(child, 'disconnect')
        this.#callee?.abortAll(new Error('the body ended'))
        resolve({ type: 'exited', status })
      })
    })
  }

  /** Starts a body; it loads what it needs and waits for its task. It gets a session of its own: Ctrl-C is for us. */
  static start(options: BodyProcessOptions): BodyProcess {
    return new BodyProcess(
      fork(options.module, [], {
        cwd: options.cwd,
        env: { ...options.env },
        execArgv: [],
        detached: true,
        serialization: 'advanced',
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      }),
    )
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get stdout(): Readable {
    return this.#stream(this.#child.stdout)
  }

  get stderr(): Readable {
    return this.#stream(this.#child.stderr)
  }

  /**
   * Gives it its task; `dispatch` answers what it asks of its owner. Resolves when it has said
   * how its step went, or is gone without a word; the process may live a moment longer (`exited`).
   */
  async run(
    task: BodyTask,
    dispatch: (target: string, method: string, args: readonly unknown[]) => unknown,
  ): Promise<BodyEnd> {
    const send = (message: OwnerToBody): void => {
      if (this.#child.connected) this.#child.send(message, () => undefined)
    }
    this.#callee = new Callee(send, dispatch)
    send({ type: 'run', task })
    return this.#ended
  }

  /** Settles when the process is gone. */
  get exited(): Promise<ExitStatus> {
    return this.#exited
  }

  kill(signal: NodeJS.Signals): void {
    const { pid } = this.#child
    if (pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return
    try {
      // Its own group: what it started in the foreground hears it too.
      process.kill(-pid, signal)
    } catch {
      // It ended in between.
    }
  }

  #stream(stream: Readable | null): Readable {
    if (stream === null) throw new TypeError('a body has pipes for its output')
    return stream
  }
}
