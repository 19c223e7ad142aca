import { type BodyEnd, bodyOutcome, BodyOutput, TaskLog } from '../body/index.js'
import { type SerializedError, stackWithCauses } from '../errors/index.js'
import { localTimeouts } from '../gang/index.js'
import { mapStack } from '../package/index.js'
import { describeExit, lastLines, StopWatch, type Tail } from '../process/index.js'
import type { EndRecord, Outcome, Verdict } from '../store/index.js'
import { Scheduler } from './scheduler.js'
import { type Attempt, type AttemptEnd, type RunContext, showLines } from './task-context.js'
import type { PreparedBody } from './warm-bodies.js'

/** Output that has not ended so long after its body said that it is done is held open by something it started. */
const QUIET_MS = 100

/** Runs an ordinary step: one body, started by the orchestrator itself. */
export async function runSingleTask(run: RunContext, attempt: Attempt, prepared: PreparedBody): Promise<AttemptEnd> {
  const started = performance.now()
  const { body, workDir, tempDir } = prepared
  const log = new TaskLog(run.store.logFile(attempt.path, attempt.identity.attempt), lines =>
    showLines(run, attempt.path, lines),
  )
  const output = new BodyOutput(body, log)
  using watch = new StopWatch(localTimeouts.heartbeatMs, ({ name, state }) =>
    run.emit({ type: 'warning', task: attempt.path, message: `${name} is stopped (state ${state})` }),
  )
  watch.add(body.pid, { name: 'its process' })
  let isStopped = false
  const stop = (): void => {
    isStopped = true
    // The sweep tells all that the fence knows of; where it can know of none (no /proc) the body's group is all there is.
    if (prepared.fence.members().length === 0) body.kill('SIGTERM')
    void prepared.fence.sweep(localTimeouts.graceMs)
  }
  run.signal.addEventListener('abort', stop, { once: true })
  try {
    if (run.signal.aborted) stop()
    await prepared.fenced
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
    if (!(await output.endsWithin(QUIET_MS))) {
      // What the step left behind in the background ends with it, and so does the output.
      await prepared.end()
      await output.drain()
    }
    await log.close()
    const timeline = { body: performance.now() - started }
    if (end.type === 'done' && !isStopped) {
      return {
        verdict: { outcome: 'ok', message: 'ok', victims: [], timeline },
        transition: end.transition,
        artifacts: [end.artifacts],
        served: false,
      }
    }
    const outcome: Outcome = isStopped ? 'cancelled' : bodyOutcome(end.type === 'failed' ? end.error : undefined)
    return { verdict: verdictOf(end, outcome, output.stderr, run, timeline), artifacts: [], served: false }
  } finally {
    run.signal.removeEventListener('abort', stop)
    // The next task need not wait for this one's traces to go; the run does.
    run.own(prepared.end())
  }
}

function verdictOf(
  end: BodyEnd,
  outcome: Outcome,
  stderr: Tail,
  run: RunContext,
  timeline: Verdict['timeline'],
): Verdict {
  if (outcome === 'cancelled') return { outcome, message: 'cancelled', victims: [], timeline }
  const at = Date.now()
  if (end.type === 'failed') {
    const error = mapError(end.error, run)
    const first: EndRecord = { node: 0, what: 'body', excerpt: stackWithCauses(error), at }
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
