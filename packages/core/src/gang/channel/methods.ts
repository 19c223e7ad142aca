import * as z from 'zod/mini'
import type { RosterEntry } from '../../flow/index.js'
import type { MethodTable } from './rpc.js'
import { count } from './wire.js'

const nothing = z.void()
const text = z.string()
const facts = z.record(z.string(), z.unknown())
const environment = z.record(z.string(), z.string())
const exitCode = z.nullable(z.number())
const signalName = z.nullable(z.string())
const outputStream = z.enum(['stdout', 'stderr'])
const port = z.number().check(z.int(), z.gte(1), z.lte(65_535))
const milliseconds = z.number().check(z.nonnegative())
const outcome = z.enum(['ok', 'user-error', 'system-error', 'preempted', 'timeout', 'lost', 'cancelled'])

// By hand, not by a schema for each field: a roster of thousands of nodes is checked on each of them.
const rosterEntries = z.custom<RosterEntry[]>(value => Array.isArray(value) && value.every(isRosterEntry))

function isRosterEntry(value: unknown): value is RosterEntry {
  if (typeof value !== 'object' || value === null) return false
  const entry = value as Partial<RosterEntry>
  return (
    typeof entry.index === 'number' &&
    typeof entry.name === 'string' &&
    typeof entry.address === 'string' &&
    typeof entry.slots === 'number' &&
    typeof entry.facts === 'object' &&
    entry.facts !== null
  )
}

/** Where a node takes links, and the certificate it shows there: sha256 of its DER, hex. */
export const nodeCertificate = z.object({ address: text, port, fingerprint: text.check(z.regex(/^[0-9a-f]{64}$/u)) })
export type NodeCertificate = z.infer<typeof nodeCertificate>

const serializedError = z.looseObject({ name: text, message: text })
/** An end as its own node tells it: which node is known from the connection. */
const endReport = z.object({
  what: text,
  rank: z.optional(count),
  exitCode: z.optional(exitCode),
  signal: z.optional(signalName),
  excerpt: text,
})
const rankEnd = z.object({
  rank: count,
  exitCode,
  signal: signalName,
  stdout: text,
  stderr: text,
  /** By the sender's own monotonic clock; `ageMs` beside it is what its receiver uses. */
  seenAt: z.number(),
})
const notice = z.discriminatedUnion('type', [
  z.object({ type: z.literal('rankStarted'), launch: text, rank: count, pid: count }),
  z.object({ type: z.literal('rankEnded'), launch: text, end: rankEnd, ageMs: milliseconds }),
  z.object({ type: z.literal('launcherKilled'), launch: text, signal: text, ageMs: milliseconds }),
  z.object({ type: z.literal('daemonEnded'), launch: text, key: text, status: z.number() }),
  z.object({ type: z.literal('line'), launch: text, rank: z.optional(count), stream: outputStream, text }),
])
const execResult = z.object({
  command: z.array(text),
  exitCode,
  signal: signalName,
  durationMs: milliseconds,
  timedOut: z.boolean(),
  isCanceled: z.boolean(),
  ranks: z.array(z.never()),
  stdout: text,
  stderr: text,
  output: z.unknown(),
})

/**
 * All that a worker may say to control. None names the node it comes from: that is the connection's own node, so no
 * node speaks for another.
 */
export const controlMethods = {
  /** Enters the gang's barrier. Answered when it was taken note of; the roster follows as a call of control. */
  join: { params: z.object({ slots: count, address: text, facts }), result: nothing },
  publish: { params: z.object({ facts }), result: nothing },
  /** Answered when every node entered the barrier of this name. */
  barrier: { params: z.object({ name: text }), result: nothing },
  /** Where node `of` takes links; control asks it if it does not know yet. */
  certificate: { params: z.object({ of: count }), result: nodeCertificate },
  /** Its onReady taps are done: control may start. */
  ready: { params: z.object({}), result: nothing },
  /** Its body is done and its artifacts are durable. */
  bodyDone: { params: z.object({}), result: nothing },
  failed: {
    params: z.object({ end: endReport, outcome, ageMs: milliseconds, error: z.optional(serializedError) }),
    result: nothing,
  },
  /** Something of a launch or a program on this node. */
  notice: { params: notice, result: nothing },
  /** What went wrong in a shared launch on any node, answered when it has had time to arrive. */
  launchEnds: {
    params: z.object({ launch: text }),
    result: z.object({
      ends: z.array(z.object({ node: count, end: rankEnd, ageMs: milliseconds })),
      launcher: z.optional(z.object({ node: count, signal: text, ageMs: milliseconds })),
    }),
  },
  warning: { params: z.object({ message: text }), result: nothing },
} as const satisfies MethodTable

/** All that control may ask of a worker. */
export const workerMethods = {
  roster: { params: z.object({ entries: rosterEntries }), result: nothing },
  /** Facts that node `node` published; each node hears every node's, in the order in which control got them. */
  facts: { params: z.object({ node: count, facts }), result: nothing },
  launchOpen: {
    params: z.object({
      launch: text,
      env: environment,
      nodeEnv: environment,
      cwd: text,
      input: z.unknown(),
      lines: z.boolean(),
    }),
    result: nothing,
  },
  launchClose: {
    params: z.object({ launch: text }),
    result: z.object({ unreported: z.array(rankEnd), output: z.optional(text) }),
  },
  /** To the ranks of a launch; with `all` to its daemons too. */
  launchSignal: { params: z.object({ launch: text, signal: text, all: z.boolean() }), result: nothing },
  /** Starts a launcher's daemon: `command` is for `sh -c`. */
  daemonStart: { params: z.object({ launch: text, key: text, command: text }), result: nothing },
  daemonSignal: { params: z.object({ launch: text, key: text, signal: text }), result: nothing },
  daemonEof: { params: z.object({ launch: text, key: text }), result: nothing },
  /** Runs a program to its end; aborting the call ends the program. Its lines come as notices of launch `id`. */
  exec: {
    params: z.object({
      id: text,
      command: z.array(text),
      cwd: z.optional(text),
      env: z.optional(z.record(z.string(), z.optional(text))),
      timeout: z.optional(milliseconds),
      input: z.optional(z.unknown()),
      lines: z.boolean(),
    }),
    result: execResult,
  },
  /** Makes the node's certificate if it has none, and opens its port for links. */
  certificate: { params: z.object({}), result: nodeCertificate },
  /** Takes a broadcast from the first of `parents` that has it; answered when all of it is here, in a temporary place. */
  broadcastReceive: {
    params: z.object({ id: text, path: text, parents: z.array(count) }),
    result: z.object({ sha256: text, bytes: count }),
  },
  /** It is what control sent: into its place with it; or away. */
  broadcastEnd: { params: z.object({ id: text, commit: z.boolean() }), result: nothing },
  stop: { params: z.object({ reason: text, graceMs: milliseconds }), result: nothing },
  /** The gang is over; clean up. */
  release: { params: z.object({ outcome }), result: nothing },
} as const satisfies MethodTable

export type ControlMethods = typeof controlMethods
export type WorkerMethods = typeof workerMethods
