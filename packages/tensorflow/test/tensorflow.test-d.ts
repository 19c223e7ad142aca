import { current, Flow, type ProgramResult, step } from '@flow/core'
import { expectTypeOf, test } from 'vitest'
import { tensorflow, type TensorflowApi, type TensorflowRunOptions } from '@flow/tensorflow'

test('the decorator', () => {
  class Good extends Flow {
    @tensorflow() @step start() {}
    @tensorflow({ nprocPerNode: 2, chief: true, evaluator: true, parameterServers: 1, allNodesStartedTimeout: 1000 })
    @step
    middle() {}
    @tensorflow({ singleNode: true, nprocPerNode: 2 }) @step end() {}
  }
  // @ts-expect-error there is no such option
  tensorflow({ workers: 2 })
  // @ts-expect-error it is true or false
  tensorflow({ singleNode: 'yes' })
  class Bad extends Flow {
    // @ts-expect-error the decorator wants parentheses
    @tensorflow
    @step
    start() {}
  }
  void [Good, Bad]
})

test('current.tensorflow', () => {
  expectTypeOf(current.tensorflow).toEqualTypeOf<TensorflowApi>()
  expectTypeOf<TensorflowApi['run']>().returns.toEqualTypeOf<Promise<ProgramResult>>()
  const options: TensorflowRunOptions = { entrypoint: ['train.py', 1], entrypointArgs: { epochs: 3, fast: true } }
  void options
  // @ts-expect-error there is no program to run
  const none: TensorflowRunOptions = {}
  // @ts-expect-error a number of ranks is a number
  const text: TensorflowRunOptions = { entrypoint: 'train.py', nprocPerNode: '2' }
  void [none, text]
})
