import { expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import {
  catchFailure,
  type Current,
  current,
  decorate,
  environment,
  Flow,
  type Input,
  type Inputs,
  parameter,
  resources,
  step,
  type StepContext,
  type StepDecorator,
  type StepDecoratorFactory,
  type TaskFailure,
} from '../../src/flow/index.js'

interface Mpi {
  run(program: string): Promise<void>
}

declare module '../../src/flow/current.js' {
  // oxlint-disable-next-line no-shadow -- this is the one that is imported
  interface Current {
    readonly mpi: Mpi
  }
}

declare const mpi: StepDecoratorFactory<'mpi', { readonly launcher?: 'channel' | 'ssh' }>
declare const needy: StepDecoratorFactory<'needy', { readonly image: string }>

test('a flow', () => {
  class Good extends Flow {
    readonly rate = parameter({ default: 0.1 })
    readonly isOn = parameter({ default: false })
    readonly data = parameter({ required: true, help: 'where' })
    readonly mode = parameter(z.enum(['fast', 'slow']).default('fast'))
    declare readonly input: number
    loss = 0
    items: string[] = []
    failure?: TaskFailure
    why: TaskFailure | undefined

    @step start() {
      this.next(this.train, { numParallel: 4 })
      this.next(this.train, { foreach: 'items' })
      this.next(this.train, this.end)
      this.next(this.train)
    }

    @resources({ cpu: 2 })
    @environment({ vars: { A: '1' } })
    @mpi()
    @mpi({ launcher: 'ssh' })
    @needy({ image: 'x' })
    @step
    async train() {
      expectTypeOf(this.input).toEqualTypeOf<number>()
      expectTypeOf(this.rate).toEqualTypeOf<number>()
      expectTypeOf(this.isOn).toEqualTypeOf<boolean>()
      expectTypeOf(this.data).toEqualTypeOf<string>()
      expectTypeOf(this.mode).toEqualTypeOf<'fast' | 'slow'>()
      await current.mpi.run('x')
      this.next(this.join)
    }

    @catchFailure()
    @catchFailure({ as: 'why' })
    @step
    join(inputs: Inputs<this>) {
      const first: number = inputs[0].loss
      void first
      this.loss = inputs.reduce((sum, input) => sum + input.loss, 0)
      this.mergeArtifacts(inputs, { exclude: ['loss'] })
      this.next(this.end)
    }

    @step end() {}
  }
  expectTypeOf<Input<Good>['loss']>().toEqualTypeOf<number>()
  expectTypeOf<Current['mpi']>().toEqualTypeOf<Mpi>()
  expectTypeOf<keyof Input<Good> & keyof Flow>().toEqualTypeOf<never>()
  decorate(Good, { start: step, train: [resources({ cpu: 2 }), catchFailure({ as: 'why' }), step] })
})

test('mistakes do not compile', () => {
  class Bad extends Flow {
    loss = 0

    @step start() {
      // @ts-expect-error -- no such step
      this.next(this.trian)
      // @ts-expect-error -- a field is no step
      this.next(this.loss)
      // @ts-expect-error -- no such field
      this.next(this.end, { foreach: 'itmes' })
      // @ts-expect-error -- not a number
      this.next(this.end, { numParallel: 'four' })
      // @ts-expect-error -- conditions are not there yet
      this.next(this.end, { condition: 'loss' })
    }

    @step join(inputs: Inputs<this>) {
      // @ts-expect-error -- no such artifact
      void inputs[0].losss
      // @ts-expect-error -- inputs are read-only
      inputs[0].loss = 1
      // @ts-expect-error -- so is the list of them
      inputs[0] = inputs[0]
      // @ts-expect-error -- next is not an artifact
      void inputs[0].next
      // @ts-expect-error -- no such artifact
      this.mergeArtifacts(inputs, { include: ['losss'] })
    }

    // @ts-expect-error -- no step is private
    @step #hidden() {}

    // @ts-expect-error -- no step is static
    @step static common() {}

    // @ts-expect-error -- no step is a field
    @step field = 1

    // @ts-expect-error -- Write @mpi() with parentheses
    @mpi bare() {}

    // @ts-expect-error -- Write @resources() with parentheses
    @resources alsoBare() {}

    // @ts-expect-error -- no such option
    @mpi({ launch: 'ssh' }) wrongOption() {}

    // @ts-expect-error -- image is required
    @needy() lacksOption() {}

    // @ts-expect-error -- cpu is a number
    @resources({ cpu: '2' }) wrongValue() {}

    // @ts-expect-error -- Write @catchFailure() with parentheses
    @catchFailure caughtBare() {}

    // @ts-expect-error -- no field 'failure' that can hold one
    @catchFailure() caughtNowhere() {}

    // @ts-expect-error -- loss is a number
    @catchFailure({ as: 'loss' }) caughtInLoss() {}

    @step end() {}
  }

  class NoFlow {
    // @ts-expect-error -- steps belong to flows
    @step start() {}
  }

  // @ts-expect-error -- no such method
  decorate(Bad, { nope: step })
  // @ts-expect-error -- neither default nor required nor a schema
  parameter({ help: 'x' })
  // @ts-expect-error -- current is read-only
  current.runId = ''
  // @ts-expect-error -- nobody provides this
  void current.torch
  void NoFlow
})

test('a decorator of its own', () => {
  function mine<This extends Flow>(
    _value: (this: This, ...args: never[]) => unknown,
    _context: StepContext<This>,
  ): void {}
  class Own extends Flow {
    @mine @step start() {}
  }
  expectTypeOf(step).toEqualTypeOf<StepDecorator>()
  void Own
})
