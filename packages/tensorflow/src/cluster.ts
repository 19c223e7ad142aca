import { FlowError } from '@flow/core'
import type { TensorflowOptions } from './options.js'

/** One rank of the program, as TensorFlow names it. */
export interface Task {
  readonly type: 'chief' | 'worker' | 'ps' | 'evaluator'
  readonly index: number
}

/**
 * What each rank is, by rank: a chief, the workers, parameter servers, an evaluator, as far as they are wanted.
 *
 * @throws `FLOW_TENSORFLOW_OPTIONS` when nobody is left to train.
 */
export function tasksOf(
  ranks: number,
  { chief = false, parameterServers = 0, evaluator = false }: TensorflowOptions,
): Task[] {
  const workers = ranks - Number(chief) - parameterServers - Number(evaluator)
  // A chief alone can train, but a strategy with parameter servers wants a worker.
  const isTooFew = workers < 0 || workers + Number(chief) < 1 || (parameterServers > 0 && workers < 1)
  if (isTooFew) {
    throw new FlowError('FLOW_TENSORFLOW_OPTIONS', {
      message: `@tensorflow: ${ranks} ${ranks === 1 ? 'rank is' : 'ranks are'} too few`,
      why: `There are to be ${[chief ? 'a chief' : '', !chief || parameterServers > 0 ? 'a worker' : '', parameterServers > 0 ? `${parameterServers} parameter servers` : '', evaluator ? 'an evaluator' : ''].filter(Boolean).join(', ')}.`,
      fix: 'Raise numParallel or nprocPerNode, or ask for fewer of them.',
    })
  }
  const some = (type: Task['type'], count: number): Task[] =>
    Array.from({ length: count }, (_, index) => ({ type, index }))
  return [
    ...some('chief', Number(chief)),
    ...some('worker', workers),
    ...some('ps', parameterServers),
    ...some('evaluator', Number(evaluator)),
  ]
}

/**
 * Whether a task only serves: parameter servers do, and with them the workers of a chief, which tells each what to do
 * (`tf.distribute.ParameterServerStrategy`).
 */
export function serves(task: Task | undefined, { chief = false, parameterServers = 0 }: TensorflowOptions): boolean {
  return task?.type === 'ps' || (task?.type === 'worker' && chief && parameterServers > 0)
}

/**
 * `TF_CONFIG` of each rank, by rank. The evaluator is no part of the cluster that trains.
 *
 * @param addresses `host:port` of each rank.
 * @see https://www.tensorflow.org/guide/distributed_training#setting_up_the_tf_config_environment_variable
 */
export function tfConfigs(tasks: readonly Task[], addresses: readonly string[]): string[] {
  const of = (type: Task['type']): string[] => addresses.filter((_, rank) => tasks[rank]?.type === type)
  const cluster = Object.fromEntries(
    (['chief', 'worker', 'ps'] as const).map(type => [type, of(type)]).filter(([, members]) => members?.length !== 0),
  ) as object
  return tasks.map(task => JSON.stringify({ cluster, task }))
}
