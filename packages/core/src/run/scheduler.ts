import type { BodyTask, InputRef } from '../body/index.js'
import { FlowError } from '../errors/index.js'
import type { Graph, Transition } from '../flow/index.js'
import type { ArtifactRef, Artifacts, ForeachFrame } from '../store/index.js'

/** One level of splitting that a task is inside of. */
interface Split {
  /** The task that split: with the join's name it says which siblings belong together. */
  readonly task: string
  readonly index: number
  readonly size: number
  readonly foreach?: { readonly frame: ForeachFrame; readonly ref: ArtifactRef } | undefined
}

/** A task that can run now. */
export interface ReadyTask {
  readonly step: string
  readonly isJoin: boolean
  readonly inputs: readonly InputRef[]
  /** Set for a gang: how many nodes. */
  readonly numParallel?: number | undefined
  readonly splits: readonly Split[]
}

/** A task that ended well. */
export interface FinishedTask {
  readonly task: ReadyTask
  readonly taskId: string
  /** `Flow/run/step/task` */
  readonly path: string
  readonly transition: Transition | undefined
  /** One for each node. */
  readonly artifacts: readonly Artifacts[]
  /** Workers served control: their artifacts are what they inherited. */
  readonly served: boolean
}

interface Join {
  readonly inputs: (readonly InputRef[] | undefined)[]
  readonly splits: readonly Split[]
}

/** What follows from a task's end: pure bookkeeping, no process in sight. */
export class Scheduler {
  readonly #graph: Graph
  readonly #maxNumSplits: number
  readonly #joins = new Map<string, Join>()

  constructor(graph: Graph, maxNumSplits: number) {
    this.#graph = graph
    this.#maxNumSplits = maxNumSplits
  }

  start(): ReadyTask {
    return { step: 'start', isJoin: false, inputs: [], splits: [] }
  }

  /** The foreach levels of a task, for the metadata. */
  static frames(task: ReadyTask): ForeachFrame[] {
    return task.splits.flatMap(split => split.foreach?.frame ?? [])
  }

  /** Where `this.input` comes from: the innermost foreach, for all steps up to its join. */
  static element(task: ReadyTask): BodyTask['foreach'] {
    const inner = task.splits.findLast(split => split.foreach !== undefined)?.foreach
    return inner === undefined ? undefined : { field: inner.frame.field, index: inner.frame.index, ref: inner.ref }
  }

  /** The tasks that can run because this one ended. */
  finished(done: FinishedTask): ReadyTask[] {
    const { transition, task } = done
    if (transition === undefined) return []
    const inputs = this.#inputsOf(done)
    if (transition.foreach !== undefined) return this.#fanOut(done, transition.foreach, inputs)
    const { targets } = transition
    if (targets.length > 1) {
      return targets.flatMap((step, index) =>
        this.#enter(step, inputs, [...task.splits, { task: done.taskId, index, size: targets.length }]),
      )
    }
    const [target] = targets
    if (target === undefined) return []
    if (task.numParallel !== undefined) return [{ step: target, isJoin: true, inputs, splits: task.splits }]
    return this.#enter(target, inputs, task.splits, transition.numParallel)
  }

  #inputsOf({ task, path, artifacts, served }: FinishedTask): InputRef[] {
    if (task.numParallel === undefined) return [{ path, artifacts: artifacts[0] ?? {} }]
    return artifacts.map((own, node) => ({
      path: `${path}@${node}`,
      artifacts: own,
      ...(served && node > 0 ? { served } : {}),
    }))
  }

  #fanOut(
    done: FinishedTask,
    { field, size }: { readonly field: string; readonly size: number },
    inputs: readonly InputRef[],
  ): ReadyTask[] {
    const { task } = done
    const [target] = done.transition?.targets ?? []
    if (target === undefined) return []
    if (size > this.#maxNumSplits) {
      throw new FlowError('FLOW_TOO_MANY_SPLITS', {
        message: `Step '${task.step}' splits into ${size} tasks; at most ${this.#maxNumSplits} are allowed`,
        why: `foreach: '${field}' has ${size} elements.`,
        fix: `Raise the limit with --max-num-splits ${size}, or give each task more than one element.`,
      })
    }
    const ref = done.artifacts[0]?.[field]
    if (ref === undefined)
      throw new FlowError('FLOW_INTERNAL', { message: `Step '${task.step}' did not store '${field}'` })
    return Array.from({ length: size }, (_, index) => {
      const frame: ForeachFrame = { step: task.step, field, index, size }
      return {
        step: target,
        isJoin: false,
        inputs,
        splits: [...task.splits, { task: done.taskId, index, size, foreach: { frame, ref } }],
      }
    })
  }

  #enter(step: string, inputs: readonly InputRef[], splits: readonly Split[], numParallel?: number): ReadyTask[] {
    if (this.#graph.steps.get(step)?.isJoin !== true) {
      return [{ step, isJoin: false, inputs, splits, numParallel }]
    }
    const split = splits.at(-1)
    if (split === undefined)
      throw new FlowError('FLOW_INTERNAL', { message: `Join '${step}' was reached without a split` })
    const key = `${split.task} ${step}`
    const join = this.#joins.get(key) ?? { inputs: Array.from({ length: split.size }), splits: splits.slice(0, -1) }
    this.#joins.set(key, join)
    join.inputs[split.index] = inputs
    if (Object.values(join.inputs).filter(one => one !== undefined).length < split.size) return []
    this.#joins.delete(key)
    return [{ step, isJoin: true, inputs: join.inputs.flatMap(one => one ?? []), splits: join.splits }]
  }
}
