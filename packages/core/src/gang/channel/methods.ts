import * as v from 'valibot'
import type { RosterEntry } from '../../flow/index.js'
import type { MethodTable } from './rpc.js'
import { count, number } from './wire.js'

const nothing = v.void()
const text = v.string()
const facts = recordOf(v.unknown())
const environment = recordOf(v.string())
const exitCode = v.nullable(number)
const signalName = v.nullable(v.string())
const outputStream = v.picklist(['stdout', 'stderr'])
const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535))
const milliseconds = v.pipe(number, v.minValue(0))
const outcome = v.picklist(['ok', 'user-error', 'system-error', 'preempted', 'timeout', 'lost', 'cancelled'])

// By hand, not by a schema for each field: a roster of thousands of nodes is checked on each of them.
const rosterEntries = v.custom<RosterEntry[]>(value => Array.isArray(value) && value.every(isRosterEntry))

function recordOf<T extends v.GenericSchema>(values: T) {
  return v.pipe(v.custom<Record<string, unknown>>(isRecord), v.record(v.string(), values))
}

// valibot's own takes arrays, too.
function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

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
export const nodeCertificate = v.object({ address: text, port, fingerprint: v.pipe(text, v.regex(/^[0-9a-f]{64}$/u)) })
export type NodeCertificate = v.InferOutput<typeof nodeCertificate>

const serializedError = v.looseObject({ name: text, message: text })
/**
 * An end as a node tells it. `node` is where it was: of a program that runs on several nodes, another's rank may be why
 * this one's body failed.
 */
const endReport = v.object({
  node: count,
  what: text,
  rank: v.optional(count),
  exitCode: v.optional(exitCode),
  signal: v.optional(signalName),
  excerpt: text,
})
const rankEnd = v.object({
  rank: count,
  exitCode,
  signal: signalName,
  stdout: text,
  stderr: text,
  isTold: v.boolean(),
  /** By the sender's own monotonic clock; `ageMs` beside it is what its receiver uses. */
  seenAt: number,
})
const notice = v.variant('type', [
  v.object({ type: v.literal('rankStarted'), launch: text, rank: count, pid: count }),
  v.object({ type: v.literal('rankEnded'), launch: text, end: rankEnd, ageMs: milliseconds }),
  v.object({ type: v.literal('launcherKilled'), launch: text, signal: text, ageMs: milliseconds }),
  v.object({ type: v.literal('daemonEnded'), launch: text, key: text, status: number }),
  v.object({ type: v.literal('line'), launch: text, rank: v.optional(count), stream: outputStream, text }),
])
const execResult = v.object({
  command: v.array(text),
  exitCode,
  signal: signalName,
  durationMs: milliseconds,
  timedOut: v.boolean(),
  isCanceled: v.boolean(),
  ranks: v.array(v.never()),
  stdout: text,
  stderr: text,
  output: v.optional(v.unknown()),
})

/**
 * All that a worker may say to control. None names the node it comes from: that is the connection's own node, so no
 * node speaks for another.
 */
export const controlMethods = {
  /** Enters the gang's barrier. Answered when it was taken note of; the roster follows as a call of control. */
  join: { params: v.object({ slots: count, address: text, facts }), result: nothing },
  publish: { params: v.object({ facts }), result: nothing },
  /** Answered when every node entered the barrier of this name; after `timeoutMs` with the error that names who did not. */
  barrier: { params: v.object({ name: text, timeoutMs: milliseconds }), result: nothing },
  /** Where node `of` takes links; control asks it if it does not know yet. */
  certificate: { params: v.object({ of: count }), result: nodeCertificate },
  /** Its onReady taps are done: control may start. */
  ready: { params: v.object({}), result: nothing },
  /** Its body is done and its artifacts are durable. */
  bodyDone: { params: v.object({}), result: nothing },
  failed: {
    params: v.object({ end: endReport, outcome, ageMs: milliseconds, error: v.optional(serializedError) }),
    result: nothing,
  },
  /** Something of a launch or a program on this node. */
  notice: { params: notice, result: nothing },
  /** What went wrong in a shared launch on any node, answered when it has had time to arrive. */
  launchEnds: {
    params: v.object({ launch: text }),
    result: v.object({
      ends: v.array(v.object({ node: count, end: rankEnd, ageMs: milliseconds })),
      launcher: v.optional(v.object({ node: count, signal: text, ageMs: milliseconds })),
    }),
  },
  warning: { params: v.object({ message: text }), result: nothing },
} as const satisfies MethodTable

/** All that control may ask of a worker. */
export const workerMethods = {
  roster: { params: v.object({ entries: rosterEntries }), result: nothing },
  /** Facts that node `node` published; each node hears every node's, in the order in which control got them. */
  facts: { params: v.object({ node: count, facts }), result: nothing },
  launchOpen: {
    params: v.object({
      launch: text,
      /** Added to the environment of ranks; null removes a variable. */
      env: recordOf(v.nullable(v.string())),
      nodeEnv: environment,
      cwd: text,
      input: v.optional(v.unknown()),
      lines: v.boolean(),
      /** Its launcher is this node's own, and has ranks here only. */
      isLocal: v.boolean(),
    }),
    result: nothing,
  },
  launchClose: {
    params: v.object({ launch: text }),
    result: v.object({ unreported: v.array(rankEnd), output: v.optional(text) }),
  },
  /** To the ranks of a launch; with `all` to its daemons too. SIGSTOP and SIGCONT are for what started the ranks. */
  launchSignal: { params: v.object({ launch: text, signal: text, all: v.boolean() }), result: nothing },
  /** Starts a launcher's daemon: `command` is for `sh -c`. */
  daemonStart: { params: v.object({ launch: text, key: text, command: text }), result: nothing },
  daemonSignal: { params: v.object({ launch: text, key: text, signal: text }), result: nothing },
  daemonEof: { params: v.object({ launch: text, key: text }), result: nothing },
  /** Runs a program to its end; aborting the call ends the program. Its lines come as notices of launch `id`. */
  exec: {
    params: v.object({
      id: text,
      command: v.array(text),
      cwd: v.optional(text),
      env: v.optional(recordOf(v.optional(text))),
      timeout: v.optional(milliseconds),
      input: v.optional(v.unknown()),
      lines: v.boolean(),
    }),
    result: execResult,
  },
  /** Makes the node's certificate if it has none, and opens its port for links. */
  certificate: { params: v.object({}), result: nodeCertificate },
  /** Takes a broadcast from the first of `parents` that has it; answered when all of it is here, in a temporary place. */
  broadcastReceive: {
    params: v.object({ id: text, path: text, parents: v.array(count) }),
    result: v.object({ sha256: text, bytes: count }),
  },
  /** It is what control sent: into its place with it; or away. */
  broadcastEnd: { params: v.object({ id: text, commit: v.boolean() }), result: nothing },
  stop: { params: v.object({ reason: text, graceMs: milliseconds }), result: nothing },
  /** The gang is over; clean up. */
  release: { params: v.object({ outcome }), result: nothing },
} as const satisfies MethodTable

export type ControlMethods = typeof controlMethods
export type WorkerMethods = typeof workerMethods
