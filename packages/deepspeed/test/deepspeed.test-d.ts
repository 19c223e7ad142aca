import { current, Flow, type ProgramResult, step } from '@flow/core'
import { deepspeed, type DeepSpeedApi } from '@flow/deepspeed'
import { expectTypeOf, test } from 'vitest'

test('the decorator', () => {
  class Good extends Flow {
    @deepspeed() @step start() {}
    @deepspeed({ launcher: 'openmpi' }) @step end() {}
  }
  // @ts-expect-error there is no such launcher
  deepspeed({ launcher: 'slurm' })
  // @ts-expect-error there is no such option
  deepspeed({ ranks: 1 })
  class Bad extends Flow {
    // @ts-expect-error the decorator wants parentheses
    @deepspeed
    @step
    start() {}
  }
  void [Good, Bad]
})

test('current.deepspeed', () => {
  expectTypeOf(current.deepspeed).toEqualTypeOf<DeepSpeedApi>()
  const use = async (): Promise<void> => {
    const deepspeedArgs = { numGpus: 2, noLocalRank: true }
    expectTypeOf(
      await current.deepspeed.run({ entrypoint: 'a.py', entrypointArgs: { epochs: 3 }, deepspeedArgs, timeout: 5 }),
    ).toEqualTypeOf<ProgramResult>()
    await current.deepspeed.run({ entrypoint: ['a.py', 1], deepspeedArgs: ['--num_nodes', 1], launcher: 'pdsh' })
    // @ts-expect-error there is nothing to run
    await current.deepspeed.run({})
    // @ts-expect-error there is no such launcher
    await current.deepspeed.run({ entrypoint: 'a.py', launcher: 'slurm' })
  }
  void use
})
