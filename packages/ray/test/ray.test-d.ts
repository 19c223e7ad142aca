import { current, Flow, type ProgramResult, step } from '@flow/core'
import { expectTypeOf, test } from 'vitest'
import { ray, type RayApi, type RayJobResult, type RayNode } from '@flow/ray'

test('the decorator', () => {
  class Good extends Flow {
    @ray() @step start() {}
    @ray({ startTimeout: 1000, objectStoreMemory: 100, storagePath: '/shared', workerLogs: true, auth: 'none' })
    @step
    middle() {}
    @ray({ startArgs: { labels: 'zone=a' } }) @step more() {}
    @ray({ startArgs: ['--labels', 'zone=a'] }) @step end() {}
  }
  // @ts-expect-error there is no such option
  ray({ ports: 1 })
  // @ts-expect-error 'secret' is none of its values
  ray({ auth: 'secret' })
  class Bad extends Flow {
    // @ts-expect-error the decorator wants parentheses
    @ray
    @step
    start() {}
  }
  void [Good, Bad]
})

test('current.ray', () => {
  expectTypeOf(current.ray).toEqualTypeOf<RayApi>()
  expectTypeOf(current.ray.address).toEqualTypeOf<string>()
  expectTypeOf(current.ray.dashboardUrl).toEqualTypeOf<string | undefined>()
  expectTypeOf(current.ray.nodes).toEqualTypeOf<readonly RayNode[]>()
  const use = async (): Promise<void> => {
    expectTypeOf(await current.ray.run({ entrypoint: 'a.py', input: 1, timeout: 5 })).toEqualTypeOf<ProgramResult>()
    expectTypeOf(
      await current.ray.submit({ entrypoint: ['a.py', 1], metadata: { a: 'b' } }),
    ).toEqualTypeOf<RayJobResult>()
    // @ts-expect-error there is nothing to run
    await current.ray.run({})
    // @ts-expect-error a run is no job: it has no metadata
    await current.ray.run({ entrypoint: 'a.py', metadata: {} })
  }
  void use
})
