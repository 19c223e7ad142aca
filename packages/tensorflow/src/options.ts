import { FlowError } from '@flow/core'

/** Options of {@link tensorflow}. */
export interface TensorflowOptions {
  /** Ranks of each node. Default 1: TensorFlow uses all cores and GPUs of a node by itself. */
  readonly nprocPerNode?: number | undefined
  /** Rank 0 is the `chief`, the others are workers. Default false: all are workers, and worker 0 does what a chief does. */
  readonly chief?: boolean | undefined
  /** So many ranks, after the workers, are parameter servers (`ps`). Default 0. */
  readonly parameterServers?: number | undefined
  /** The last rank is the `evaluator`, outside of the cluster that trains. Default false. */
  readonly evaluator?: boolean | undefined
  /** Milliseconds a node waits for the others to call `run` too. Default 60,000. */
  readonly allNodesStartedTimeout?: number | undefined
}

/** @throws `FLOW_TENSORFLOW_OPTIONS` */
export function checkOptions({ nprocPerNode, parameterServers, allNodesStartedTimeout }: TensorflowOptions): void {
  const least = { nprocPerNode: 1, parameterServers: 0, allNodesStartedTimeout: 1 }
  for (const [name, value] of Object.entries({ nprocPerNode, parameterServers, allNodesStartedTimeout })) {
    const from = least[name as keyof typeof least]
    if (value === undefined || (Number.isInteger(value) && value >= from)) continue
    throw new FlowError('FLOW_TENSORFLOW_OPTIONS', {
      message: `@tensorflow: ${name} is ${String(value)}`,
      fix: `Give an integer of ${from} or more, or leave ${name} out.`,
    })
  }
}
