import * as v from 'valibot'
import { FlowError } from '../../errors/index.js'

/** Unacknowledged bytes above which a sender should wait. */
export const SOFT_LIMIT_BYTES = 1024 * 1024
/** Unacknowledged bytes above which a session is given up. */
export const HARD_LIMIT_BYTES = 64 * 1024 * 1024
const ACK_AFTER_MESSAGES = 64
const ACK_AFTER_BYTES = 256 * 1024

interface Pending {
  readonly seq: number
  readonly body: Uint8Array
}

/**
 * Numbers the messages of one session, keeps what the other side has not confirmed, and drops what came twice: over
 * any number of connections every message arrives once and in order. Pure bookkeeping; the session does the I/O.
 */
export class Delivery {
  #lastSent = 0
  #received = 0
  #confirmed = 0
  #unconfirmedBytes = 0
  #pending: Pending[] = []
  #pendingBytes = 0
  readonly #hardLimit: number

  constructor(hardLimitBytes = HARD_LIMIT_BYTES) {
    this.#hardLimit = hardLimitBytes
  }

  /** The last number that arrived here. */
  get received(): number {
    return this.#received
  }

  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /** Enough came in that the other side should hear of it before the next heartbeat. */
  get owesAck(): boolean {
    return this.#received - this.#confirmed >= ACK_AFTER_MESSAGES || this.#unconfirmedBytes >= ACK_AFTER_BYTES
  }

  /** Keeps a message until it is confirmed; returns its number. `FLOW_GANG_CHANNEL_OVERFLOW` when too much is kept. */
  enqueue(body: Uint8Array): number {
    if (this.#pendingBytes + body.length > this.#hardLimit) {
      throw new FlowError('FLOW_GANG_CHANNEL_OVERFLOW', {
        message: `More than ${this.#hardLimit} bytes wait on the gang's channel for a node that does not take them.`,
        why: 'The other node is stopped or cut off, or messages are made faster than the network carries them.',
        fix: 'Send bulk data by a stream or a broadcast, and await it.',
      })
    }
    this.#lastSent += 1
    this.#pending.push({ seq: this.#lastSent, body })
    this.#pendingBytes += body.length
    return this.#lastSent
  }

  /** The other side has everything up to `ack`. Throws when that was never sent. */
  confirm(ack: number): void {
    if (ack > this.#lastSent) throw violation(`message ${ack} was confirmed but never sent`)
    let done = 0
    while (done < this.#pending.length && this.#pending[done]!.seq <= ack)
      this.#pendingBytes -= this.#pending[done++]!.body.length
    if (done > 0) this.#pending.splice(0, done)
  }

  /** Takes note of an arriving message. False when it came before. Throws when one in between is missing. */
  accept(seq: number, size: number): boolean {
    if (seq <= this.#received) return false
    if (seq !== this.#received + 1) throw violation(`message ${seq} follows ${this.#received}`)
    this.#received = seq
    this.#unconfirmedBytes += size
    return true
  }

  /** The number to confirm with what is sent now. */
  takeAck(): number {
    this.#confirmed = this.#received
    this.#unconfirmedBytes = 0
    return this.#received
  }

  /** What must be sent again on a new connection to a side that has everything up to `ack`. */
  resumeAfter(ack: number): readonly Pending[] {
    this.confirm(ack)
    return this.#pending
  }
}

/** A value that the other side sent, if it has the shape; else `FLOW_GANG_CHANNEL_VIOLATION`, which says what it was to be. */
export function checked<T extends v.GenericSchema>(schema: T, value: unknown, what: string): v.InferOutput<T> {
  const read = v.safeParse(schema, value)
  if (!read.success) throw violation(what, new v.ValiError(read.issues))
  return read.output
}

export function violation(what: string, cause?: unknown): FlowError {
  return new FlowError('FLOW_GANG_CHANNEL_VIOLATION', {
    message: `A node broke the rules of the gang's channel: ${what}.`,
    why: 'It runs another version of Flow, or it is not the node that it claims to be.',
    fix: 'Make sure that all nodes start from the same code package.',
    cause,
  })
}
