import { FlowError } from '../../errors/index.js'
import { isSameSecret } from '../keys.js'
import { type ControlMethods, controlMethods, type WorkerMethods, workerMethods } from './methods.js'
import type { CallOptions, Handlers, Params, Result } from './rpc.js'
import { Session } from './session.js'

/** What control does when a worker calls. */
export type ControlHandlers = Handlers<ControlMethods, Peer>

/** `open`: connected. `broken`: no connection, but its lease runs. `gone`: lost, refused from now on, or left. */
export type PeerState = 'open' | 'broken' | 'gone'

/** A worker, as control's end of the channel sees it. */
export class Peer {
  readonly index: number
  readonly incarnation: string
  /** Address its connection came from. */
  readonly remoteAddress: string
  /** @internal */
  readonly session: Session<ControlMethods, WorkerMethods, Peer>
  readonly #secret: Uint8Array
  /** @internal */
  state: PeerState = 'open'

  /** @internal */
  constructor(options: {
    readonly index: number
    readonly incarnation: string
    readonly remoteAddress: string
    readonly secret: Uint8Array
    readonly handlers: ControlHandlers
    readonly now: () => number
    readonly onHandlerError: (error: unknown, method: string) => void
    readonly onFailure: (error: Error) => void
  }) {
    this.index = options.index
    this.incarnation = options.incarnation
    this.remoteAddress = options.remoteAddress
    this.#secret = options.secret
    this.session = new Session<ControlMethods, WorkerMethods, Peer>({
      serves: controlMethods,
      theirs: workerMethods,
      from: this,
      handlers: options.handlers,
      now: options.now,
      onHandlerError: options.onHandlerError,
      onFailure: options.onFailure,
    })
  }

  get isGone(): boolean {
    return this.state === 'gone'
  }

  /** Says something, without waiting. False when the node falls behind: `await drained()` before more bulk. */
  tell<M extends keyof WorkerMethods>(method: M, params: Params<WorkerMethods, M>): boolean {
    return this.session.tell(method, params)
  }

  /** Asks, and waits for the answer. Rejects with the worker's error, `FLOW_GANG_CALL_TIMEOUT`, or `FLOW_GANG_PEER_LOST`. */
  call<M extends keyof WorkerMethods>(
    method: M,
    params: Params<WorkerMethods, M>,
    options?: CallOptions,
  ): Promise<Result<WorkerMethods, M>> {
    return this.session.call(method, params, options)
  }

  drained(): Promise<void> {
    return this.session.drained()
  }

  /** @internal True for the secret that this node gave when it first came. */
  knows(secret: Uint8Array): boolean {
    return isSameSecret(this.#secret, secret)
  }
}

export function peerLost(index: number, why: string, cause?: unknown): FlowError {
  return new FlowError('FLOW_GANG_PEER_LOST', {
    message: `node ${index} was lost: ${why}`,
    why: 'The node ended, was stopped, or the network between it and control is down.',
    fix: "Look at that node's log, and at the machine it ran on.",
    details: { node: index },
    cause,
  })
}
