import * as v from 'valibot'

// Not v.instance: its type would be that of bytes over an unshared buffer only.
export const bytes = v.custom<Uint8Array>(value => value instanceof Uint8Array)
/** No infinite one either. */
export const number = v.pipe(v.number(), v.finite())
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** Why control does not let a connection in. */
export const refusalReasons = ['duplicate', 'late', 'stale', 'impostor'] as const
export type RefusalReason = (typeof refusalReasons)[number]

/**
 * First words of control on a connection: its signature over the connection's exported keying material. It answers no
 * nonce because that material already depends on fresh randomness of both sides.
 */
const proof = v.object({ t: v.literal('proof'), signature: bytes })

/**
 * First words of a worker, after it has checked the proof. `session` is a secret of its own that it says nowhere else:
 * it resumes a broken session, which the node's key alone cannot.
 */
const hello = v.object({
  t: v.literal('hello'),
  attempt: v.string(),
  index: count,
  incarnation: v.string(),
  session: v.pipe(
    bytes,
    v.check(value => value.length === 32),
  ),
  received: count,
})

const welcome = v.object({ t: v.literal('welcome'), received: count, heartbeatMs: count, leaseMs: count })
const refuse = v.object({ t: v.literal('refuse'), reason: v.picklist(refusalReasons), message: v.string() })

/** A message that must arrive once and in order. `ack` is the last `seq` that the sender has received. */
const data = v.object({ t: v.literal('data'), seq: count, ack: count, body: bytes })
const beat = v.object({ t: v.literal('beat'), ack: count })
/** The sender leaves on purpose; all of its messages came before. */
const end = v.object({ t: v.literal('end') })

/** What a worker may send to control, below its messages. */
export const workerFrame = v.variant('t', [hello, data, beat, end])
/** What control may send to a worker, below its messages. */
export const controlFrame = v.variant('t', [proof, welcome, refuse, data, beat, end])

export type WorkerFrame = v.InferOutput<typeof workerFrame>
export type ControlFrame = v.InferOutput<typeof controlFrame>
export type Hello = v.InferOutput<typeof hello>
/** What both sides say once a session is open. */
export type SessionFrame = v.InferOutput<typeof data> | v.InferOutput<typeof beat> | v.InferOutput<typeof end>
export type SentFrame = WorkerFrame | ControlFrame
