import type { Readable, Writable } from 'node:stream'
import { FlowError } from '../../errors/index.js'
import { describeExit, type ExitStatus, lastLines, type Tail } from '../../process/index.js'
import type { BootAnswer, BootDone, BootEntry, BootFailure, BootRequest, HostStart } from '../host/boot-protocol.js'
import type { StartedNode } from '../definition.js'
import { bootProgram } from './boot-command.js'
import { packTree, type ShippedTree } from './shipment.js'

const MARK = '\n@flow-host '
/** A host that prints more than this before it answers is no host of ours. */
const MAX_NOISE = 1024 * 1024

/**
 * The orchestrator's side of a host's start: what it says and hears until the node's agent has the link. Every call
 * rejects when the node ends.
 */
export class Boot {
  readonly #node: StartedNode
  readonly #index: number
  readonly #stderr: Tail
  readonly #ended: Promise<never>
  #heard = ''

  constructor(index: number, node: StartedNode, stderr: Tail) {
    this.#index = index
    this.#node = node
    this.#stderr = stderr
    this.#ended = node.exited.then(status => {
      throw this.#endedEarly(status)
    })
    this.#ended.catch(() => undefined)
  }

  /** Brings the boot program there, and asks what is missing. */
  async ask(request: BootRequest): Promise<BootAnswer> {
    this.#node.input.write(bootProgram())
    await this.#send(frame(request))
    return this.#answer<BootAnswer>()
  }

  async ship(trees: readonly ShippedTree[]): Promise<void> {
    for (const { dir } of trees) {
      for await (const part of packTree(dir)) await this.#send(Buffer.isBuffer(part) ? part : frame(part))
      await this.#send(frame(null))
    }
    await this.#answer<BootDone>()
  }

  /** The last word: from here on the link is the agent's. */
  async start(start: HostStart): Promise<void> {
    await this.#send(frame(start))
  }

  #send(bytes: Buffer): Promise<void> {
    return Promise.race([written(this.#node.input, bytes), this.#ended])
  }

  async #answer<T>(): Promise<T> {
    const line = await Promise.race([this.#line(), this.#ended])
    const answer = JSON.parse(line) as T | BootFailure
    if (typeof answer === 'object' && answer !== null && 'error' in answer) throw this.#refused(answer.error)
    return answer
  }

  /** What stands behind the next mark. What follows it stays in the stream. */
  async #line(): Promise<string> {
    const { output } = this.#node
    for (;;) {
      const at = this.#heard.indexOf(MARK)
      const end = at < 0 ? -1 : this.#heard.indexOf('\n', at + MARK.length)
      if (end >= 0) {
        const line = this.#heard.slice(at + MARK.length, end)
        const rest = this.#heard.slice(end + 1)
        this.#heard = ''
        if (rest !== '') output.unshift(Buffer.from(rest, 'latin1'))
        return Buffer.from(line, 'latin1').toString('utf8')
      }
      if (this.#heard.length > MAX_NOISE) throw this.#failed('it printed a megabyte of something else')
      const chunk = output.read() as Buffer | null
      if (chunk === null) await readable(output)
      else this.#heard += chunk.toString('latin1')
    }
  }

  #refused({ code, message, fix }: BootFailure['error']): FlowError {
    return new FlowError(code, { message: `${this.#who}: ${message}`, fix })
  }

  #endedEarly(status: ExitStatus): FlowError {
    // A shell's word for a program that is not there.
    if (status.exitCode === 127) return this.#failed('it has no Node.js, or not where the backend says')
    return this.#failed(`its program ${describeExit(status)}`)
  }

  #failed(what: string): FlowError {
    const said = lastLines(this.#stderr.toString())
    return new FlowError('FLOW_HOST_START_FAILED', {
      message: `${this.#who} did not start: ${what}`,
      why: said === '' ? 'It said nothing on stderr.' : said,
      fix: 'Run the same by hand: what the backend starts there must be Node.js, with nothing else on its output.',
    })
  }

  get #who(): string {
    return `Host ${this.#node.host} of node ${this.#index}`
  }
}

function frame(message: BootRequest | BootEntry | HostStart): Buffer {
  const body = Buffer.from(JSON.stringify(message))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return Buffer.concat([length, body])
}

/** Settles when more may be written; also when the stream breaks: the node's end is what tells. */
function written(stream: Writable, bytes: Buffer): Promise<void> {
  if (stream.destroyed || stream.write(bytes)) return Promise.resolve()
  return new Promise(resolve => {
    const done = (): void => {
      stream.off('drain', done).off('close', done)
      resolve()
    }
    stream.on('drain', done).on('close', done)
  })
}

function readable(stream: Readable): Promise<void> {
  if (stream.readableEnded || stream.destroyed) return new Promise(() => undefined)
  return new Promise(resolve => {
    const done = (): void => {
      stream.off('readable', done).off('end', done)
      resolve()
    }
    stream.on('readable', done).on('end', done)
  })
}
