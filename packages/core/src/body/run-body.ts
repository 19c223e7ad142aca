import { closeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { FlowError, serializeError } from '../errors/index.js'
import {
  foreachItems,
  instantiate,
  isFlowClass,
  setCurrent,
  setInput,
  takeTransition,
  type FlowClass,
} from '../flow/index.js'
import { TaskArtifacts } from './artifacts.js'
import { Caller } from './calls.js'
import { makeGangApi, makeParallelInfo } from './gang-client.js'
import type { BodyTask, BodyToOwner, OwnerToBody } from './protocol.js'
import { makeRemote } from './remote.js'

/** The life of a body: say that it is warm, run the one task it is given, end. */
export function runBody(): void {
  const caller = new Caller(message => void process.send?.(message))
  for (const stream of [process.stdout, process.stderr]) makeBlocking(stream)
  process.on('message', (message: OwnerToBody) => {
    if (!caller.receive(message) && message.type === 'run') void runTask(message.task, caller)
  })
  // The owner is gone: nobody wants what this body does.
  process.on('disconnect', () => process.exit(143))
  process.send?.({ type: 'ready' } satisfies BodyToOwner)
}

async function runTask(task: BodyTask, caller: Caller): Promise<void> {
  process.on('uncaughtException', error => finish({ type: 'failed', error: serializeError(error) }))
  try {
    Object.assign(process.env, task.env)
    process.chdir(task.workDir)
    finish(await runStep(task, caller))
  } catch (error) {
    finish({ type: 'failed', error: serializeError(error) })
  }
}

async function runStep(task: BodyTask, caller: Caller): Promise<BodyToOwner> {
  const flowClass = await loadFlowClass(task)
  const flow = instantiate(flowClass, task.parameters)
  const artifacts = new TaskArtifacts(task)
  await artifacts.layOutFiles(task.inputs)
  const [first] = task.inputs
  if (!task.isJoin && first !== undefined) artifacts.attach(flow, first)
  if (task.foreach !== undefined) {
    const { field, index, ref } = task.foreach
    setInput(flow, foreachItems(field, artifacts.value(ref))[index])
  }
  setCurrent(currentValues(task, caller))
  const { stepName } = task.identity
  const method: unknown = Reflect.get(flow, stepName)
  if (typeof method !== 'function')
    throw new FlowError('FLOW_INTERNAL', { message: `The flow has no step '${stepName}'` })
  await Reflect.apply(method, flow, task.isJoin ? [artifacts.inputs(task)] : [])
  // A promise that rejected and that nobody awaits is reported by Node after this turn: it is the step's failure.
  await new Promise(resolve => setImmediate(resolve))
  const transition = takeTransition(flow)
  if (transition === undefined && stepName !== 'end') {
    throw new FlowError('FLOW_NEXT_MISSING', {
      message: `Step '${stepName}' ended without this.next()`,
      why: 'Only the step `end` goes nowhere. If it is called in a callback, the step may have ended before it.',
      fix: 'Call this.next(...) as the last statement of the step, and await what comes before it.',
    })
  }
  return { type: 'done', transition, artifacts: await artifacts.store(flow) }
}

async function loadFlowClass(task: BodyTask): Promise<FlowClass> {
  const module = (await import(pathToFileURL(task.flowModule).href)) as Record<string, unknown>
  const flowClass = module[task.exportName]
  if (!isFlowClass(flowClass))
    throw new FlowError('FLOW_INTERNAL', { message: `The code package exports no flow '${task.exportName}'` })
  return flowClass
}

function currentValues(task: BodyTask, caller: Caller): Record<string, unknown> {
  const { flowName, runId, stepName, taskId, attempt } = task.identity
  const path = `${flowName}/${runId}/${stepName}/${taskId}`
  const gang = task.gang
  const remotes = Object.entries(task.provided ?? {}).map(([key, shape]) => [key, makeRemote(key, shape, caller)])
  return {
    flowName,
    runId,
    stepName,
    taskId,
    attempt,
    path: gang === undefined || gang.singleNode ? path : `${path}@${gang.index}`,
    parameters: Object.freeze({ ...task.parameters }),
    tempDir: task.tempDir,
    ...(gang === undefined ? {} : { parallel: makeParallelInfo(gang, taskId), gang: makeGangApi(gang, caller) }),
    ...Object.fromEntries(remotes),
  }
}

// Node makes pipes non-blocking: what a step printed would be lost when it calls process.exit() or is killed, would pile
// up in memory when nobody reads as fast, and a program that inherits the pipe may fail with EAGAIN. There is no public
// call for it; without it the flush in `finish` still keeps the output of steps that end by themselves.
function makeBlocking(stream: NodeJS.WriteStream): void {
  const { _handle: handle } = stream as { _handle?: { setBlocking?: (blocking: boolean) => void } }
  handle?.setBlocking?.(true)
}

let isFinished = false

/**
 * Tells the outcome and ends, also when the step left timers or sockets open: a task is over when its step is. The
 * output is closed first, so that the owner has all of it when it hears of the end.
 */
function finish(message: BodyToOwner): void {
  if (isFinished) return
  isFinished = true
  if (process.send === undefined || !process.connected) process.exit(1)
  const flushed = [process.stdout, process.stderr].map(
    stream => new Promise<void>(resolve => stream.write('', () => resolve())),
  )
  void Promise.all(flushed).then(() => {
    closeSync(1)
    closeSync(2)
    process.send?.(message, () => process.exit(message.type === 'done' ? 0 : 1))
  })
}
