import * as z from 'zod/mini'

// Not z.instanceof: its type would be that of bytes over an unshared buffer only.
export const bytes = z.custom<Uint8Array>(value => value instanceof Uint8Array)
export const count = z.number().check(z.int(), z.nonnegative())

/** Why control does not let a connection in. */
export const refusalReasons = ['duplicate', 'late', 'stale', 'impostor'] as const
export type RefusalReason = (typeof refusalReasons)[number]

/**
 * First words of control on a connection: its signature over the connection's exported keying material. It answers no
 * nonce because that material already depends on fresh randomness of both sides.
 */
const proof = z.object({ t: z.literal('proof'), signature: bytes })

/**
 * First words of a worker, after it has checked the proof. `session` is a secret of its own that it says nowhere else:
 * it resumes a broken session, which the node's key alone cannot.
 */
const hello = z.object({
  t: z.literal('hello'),
  attempt: z.string(),
  index: count,
  incarnation: z.string(),
  session: bytes.check(z.refine(value => value.length === 32)),
  received: count,
})

const welcome = z.object({ t: z.literal('welcome'), received: count, heartbeatMs: count, leaseMs: count })
const refuse = z.object({ t: z.literal('refuse'), reason: z.enum(refusalReasons), message: z.string() })

/** A message that must arrive once and in order. `ack` is the last `seq` that the sender has received. */
const data = z.object({ t: z.literal('data'), seq: count, ack: count, body: bytes })
const beat = z.object({ t: z.literal('beat'), ack: count })
/** The sender leaves on purpose; all of its messages came before. */
const end = z.object({ t: z.literal('end') })

/** What a worker may send to control, below its messages. */
export const workerFrame = z.discriminatedUnion('t', [hello, data, beat, end])
/** What control may send to a worker, below its messages. */
export const controlFrame = z.discriminatedUnion('t', [proof, welcome, refuse, data, beat, end])

export type WorkerFrame = z.infer<typeof workerFrame>
export type ControlFrame = z.infer<typeof controlFrame>
export type Hello = z.infer<typeof hello>
/** What both sides say once a session is open. */
export type SessionFrame = z.infer<typeof data> | z.infer<typeof beat> | z.infer<typeof end>
export type SentFrame = WorkerFrame | ControlFrame
