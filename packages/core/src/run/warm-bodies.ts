import { randomBytes } from 'node:crypto'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { BodyProcess } from '../body/index.js'
import type { CodePackage } from '../package/index.js'
import { Fence, FENCE_VARIABLE, makeAttemptDir, removeDir } from '../process/index.js'
import { Guard } from './guard.js'

/** How long a body that said it is done may take to be gone by itself. */
const EXIT_MS = 1_000

/** A body with all that its one attempt has: a fence, and a directory laid out with the flow's files. */
export class PreparedBody {
  readonly body: BodyProcess
  readonly fence: Fence
  readonly workDir: string
  readonly tempDir: string
  readonly #dir: string
  readonly #fenced: Promise<void>
  #ended: Promise<void> | undefined

  constructor(code: CodePackage, fence: string) {
    this.fence = new Fence(fence)
    this.#dir = makeAttemptDir(this.fence.value)
    this.workDir = join(this.#dir, 'work')
    this.tempDir = join(this.#dir, 'tmp')
    const env = { ...process.env, TMPDIR: this.tempDir, [FENCE_VARIABLE]: this.fence.value }
    this.body = BodyProcess.start({ module: code.bodyModule, cwd: this.#dir, env })
    // It starts nothing before it has its task.
    this.#fenced = this.fence.enclose(this.body.pid)
    mkdirSync(this.tempDir)
    cpSync(code.filesDir, this.workDir, { recursive: true, verbatimSymlinks: true })
  }

  /** Settles when whatever it starts is inside of its fence; its task has to wait for that. */
  get fenced(): Promise<void> {
    return this.#fenced
  }

  /** Ends what is left of it: the process, what it started, its directory. */
  end(): Promise<void> {
    this.#ended ??= this.#end()
    return this.#ended
  }

  async #end(): Promise<void> {
    const timer = setTimeout(() => this.body.kill('SIGKILL'), EXIT_MS)
    await this.body.exited
    clearTimeout(timer)
    await this.#fenced
    await this.fence.kill()
    await removeDir(this.#dir)
  }
}

/** Bodies that are started before they are needed: Node's own start is most of a small task. */
export class WarmBodies implements AsyncDisposable {
  readonly #code: CodePackage
  readonly #warm: PreparedBody[] = []
  readonly #fence = randomBytes(8).toString('hex')
  #count = 0
  #guard: Guard | undefined

  constructor(code: CodePackage) {
    this.#code = code
  }

  /** Sees to it that so many are warm or warming up. */
  prepare(count: number): void {
    while (this.#warm.length < count) this.#warm.push(this.#start())
  }

  take(): PreparedBody {
    return this.#warm.shift() ?? this.#start()
  }

  #start(): PreparedBody {
    const prepared = new PreparedBody(this.#code, `${this.#fence}.${this.#count++}`)
    this.#guard ??= new Guard(this.#fence)
    return prepared
  }

  /** Ends those that nobody took. Those that were taken have ended before. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#warm.splice(0).map(prepared => {
        prepared.body.kill('SIGKILL')
        return prepared.end()
      }),
    )
    await this.#guard?.[Symbol.asyncDispose]()
  }
}
