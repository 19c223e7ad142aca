import { cpSync, mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { type BodyEnd, type LogSink, TaskLog } from '../body/index.js'
import type { SerializedError } from '../errors/index.js'
import { localTimeouts } from '../gang/index.js'
import { mapStack } from '../package/index.js'
import { describeExit, Fence, lastLines, makeAttemptDir, Tail } from '../process/index.js'
import type { EndRecord, Outcome, Verdict } from '../store/index.js'
import { Scheduler } from './scheduler.js'
import { type Attempt, type AttemptEnd, type RunContext, showLines } from './task-context.js'
import type { FencedBody } from './warm-bodies.js'

/** A descendant that left the fence may hold the output open: after so long without a byte it is not waited for. */
const DRAIN_MS = 250
/** Nor after so many bytes: more than this cannot have been in the pipe when the body ended. */
const DRAIN_BYTES = 16 * 1024 * 1024

/** Runs an ordinary step: one body, started by the orchestrator itself. */
export async function runSingleTask(run: RunContext, attempt: Attempt, { body, fence }: FencedBody): Promise<AttemptEnd> {
  const started = performance.now()
  const dir = makeAttemptDir()
  const log = new TaskLog(run.store.logFile(attempt.path, attempt.identity.attempt), lines => showLines(run, attempt.path, lines))
  const members = new Fence(fence)
  const stderr = new Tail()
  const outputs = [pump(body.stdout, log.sink('stdout')), pump(body.stderr, log.sink('stderr'), stderr)]
  let isStopped = false
  const stop = (): void => {
    isStopped = true
    body.kill('SIGTERM')
    void members.sweep(localTimeouts.graceMs)
  }
  run.signal.addEventListener('abort', stop, { once: true })
  try {
    const { workDir, tempDir } = layOut(run, dir)
    if (run.signal.aborted) stop()
    const end = await body.run(
      {
        identity: attempt.identity,
        flowModule: run.code.flowModule,
        exportName: run.exportName,
        parameters: run.parameters,
        inputs: attempt.ready.inputs,
        isJoin: attempt.ready.isJoin,
        foreach: Scheduler.element(attempt.ready),
        blobsDir: run.store.blobs.dir,
        workDir,
        tempDir,
        env: attempt.env,
      },
      target => Promise.reject(new Error(`a single task has no '${target}'`)),
    )
    // What the step left behind in the background ends with it, and so does the output.
    await members.kill()
    await drain(outputs, [body.stdout, body.stderr])
    await log.close()
    const timeline = { body: performance.now() - started }
    if (end.type === 'done' && !isStopped) {
      return { verdict: { outcome: 'ok', message: 'ok', victims: [], timeline }, transition: end.transition, artifacts: [end.artifacts], served: false }
    }
    const outcome: Outcome = isStopped ? 'cancelled' : 'user-error'
    return { verdict: verdictOf(end, outcome, stderr, run, timeline), artifacts: [], served: false }
  } finally {
    run.signal.removeEventListener('abort', stop)
    await members.kill()
    await rm(dir, { recursive: true, force: true, maxRetries: 3 })
  }
}

function layOut(run: RunContext, dir: string): { readonly workDir: string; readonly tempDir: string } {
  const workDir = join(dir, 'work')
  const tempDir = join(dir, 'tmp')
  mkdirSync(tempDir)
  cpSync(run.code.filesDir, workDir, { recursive: true, verbatimSymlinks: true })
  return { workDir, tempDir }
}

function pump(stream: Readable, sink: LogSink, tail?: Tail): Promise<void> {
  stream.on('data', (chunk: Buffer) => {
    tail?.push(chunk)
    const wait = sink.write(chunk)
    if (wait === undefined) return
    stream.pause()
    void wait.then(() => stream.resume())
  })
  return new Promise(resolve => stream.once('close', () => {
    sink.end()
    resolve()
  }))
}

async function drain(ends: readonly Promise<void>[], streams: readonly Readable[]): Promise<void> {
  const giveUp = (): void => {
    for (const stream of streams) stream.destroy()
  }
  const timer = setTimeout(() => {
    // The log's disk is behind, not the pipe.
    if (streams.some(stream => stream.isPaused())) timer.refresh()
    else giveUp()
  }, DRAIN_MS)
  let bytes = 0
  for (const stream of streams) {
    stream.on('data', (chunk: Buffer) => {
      timer.refresh()
      bytes += chunk.length
      if (bytes > DRAIN_BYTES) giveUp()
    })
  }
  await Promise.all(ends)
  clearTimeout(timer)
}

function verdictOf(end: BodyEnd, outcome: Outcome, stderr: Tail, run: RunContext, timeline: Verdict['timeline']): Verdict {
  if (outcome === 'cancelled') return { outcome, message: 'cancelled', victims: [], timeline }
  const at = Date.now()
  if (end.type === 'failed') {
    const error = mapError(end.error, run)
    const first: EndRecord = { node: 0, what: 'body', excerpt: error.stack ?? error.message, at }
    return { outcome, message: `${error.name}: ${error.message}`, first, victims: [], timeline, error }
  }
  const status = end.type === 'exited' ? end.status : { exitCode: 0, signal: null }
  const message = `the process ${describeExit(status)} before its step ended`
  const first: EndRecord = { node: 0, what: 'body', ...status, excerpt: lastLines(stderr.toString()), at }
  return { outcome, message, first, victims: [], timeline }
}

/** Shows positions of the author's files where the stack has those of the bundle. */
export function mapError(error: SerializedError, run: RunContext): SerializedError {
  return {
    ...error,
    ...(error.stack === undefined ? {} : { stack: mapStack(error.stack, run.code) }),
    ...(error.cause === undefined ? {} : { cause: mapError(error.cause, run) }),
  }
}
