import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  catchFailure,
  decorate,
  describeFlow,
  environment,
  Flow,
  instantiate,
  makeStepDecorator,
  parameter,
  pypi,
  refuseWithoutParentheses,
  resources,
  setInput,
  step,
  type StepDecorator,
  takeTransition,
} from '../../src/flow/index.js'
import { checkDecorations, parseFlow } from '../../src/flow/graph/index.js'

class Numbers extends Flow {
  readonly maxIter = parameter({ default: 3, help: 'how often' })
  readonly data = parameter({ required: true })
  readonly list = parameter({ default: [1, 2] })
  readonly mode = parameter(z.enum(['fast', 'slow']).default('fast').describe('how'))
  items: number[] = [10, 20]
  half = (value: number): number => value / 2

  @resources({ cpu: 2 })
  @environment({ vars: { A: '1' } })
  @step
  start() {
    this.next(this.work, { foreach: 'items' })
  }

  @step work() {
    this.next(this.join)
  }

  @step join() {
    this.next(this.end)
  }

  @step end() {}
}

const code = (wanted: string) => expect.objectContaining({ code: wanted })

describe('describeFlow', () => {
  it('reads steps, decorators and parameters', () => {
    const { name, steps, parameters } = describeFlow(Numbers)
    expect(name).toBe('Numbers')
    expect([...steps.keys()]).toEqual(['start', 'work', 'join', 'end'])
    expect(steps.get('start')?.decorations).toEqual([
      { name: 'resources', options: { cpu: 2 } },
      { name: 'environment', options: { vars: { A: '1' } } },
    ])
    expect(
      parameters.map(({ default: value, ...rest }) => ({
        name: rest.name,
        flag: rest.flag,
        kind: rest.kind,
        required: rest.required,
        help: rest.help,
        value,
      })),
    ).toEqual([
      { name: 'maxIter', flag: 'max-iter', kind: 'number', required: false, help: 'how often', value: 3 },
      { name: 'data', flag: 'data', kind: 'string', required: true, help: undefined, value: undefined },
      { name: 'list', flag: 'list', kind: 'json', required: false, help: undefined, value: [1, 2] },
      { name: 'mode', flag: 'mode', kind: 'string', required: false, help: 'how', value: 'fast' },
    ])
  })

  it('inherits steps of a base class, and starts anew what is written again', () => {
    class Base extends Flow {
      @resources({ cpu: 2 }) @step start() {
        this.next(this.end)
      }
      @resources({ cpu: 2 }) @step end() {}
    }
    class Derived extends Base {
      @step override end() {}
    }
    expect(describeFlow(Derived).steps.get('end')?.decorations).toEqual([])
    expect(describeFlow(Derived).steps.get('start')?.decorations).toHaveLength(1)
    expect(describeFlow(Base).steps.get('end')?.decorations).toHaveLength(1)
  })

  it('refuses what is no flow, or cannot be constructed', () => {
    expect(() => describeFlow(Map)).toThrow(code('FLOW_NOT_A_FLOW'))
    expect(() => describeFlow(42)).toThrow(code('FLOW_NOT_A_FLOW'))
    class Throws extends Flow {
      x: number = JSON.parse('{') as number
    }
    expect(() => describeFlow(Throws)).toThrow(code('FLOW_CLASS_FAILED'))
    class Early extends Flow {
      x = parameter({ default: 1 })
      y = this.x * 2
    }
    expect(() => describeFlow(Early)).toThrow(code('FLOW_PARAMETER_TOO_EARLY'))
    class Twice extends Flow {
      maxIter = parameter({ default: 1 })
      max_iter = parameter({ default: 1 })
    }
    expect(() => describeFlow(Twice)).toThrow(code('FLOW_PARAMETER_NAME'))
    class Unmarked extends Flow {
      @resources({ cpu: 1 }) start() {}
    }
    expect(() => describeFlow(Unmarked)).toThrow(code('FLOW_STEP_NOT_MARKED'))
  })

  it('takes plain JavaScript', () => {
    class Plain extends Flow {
      start() {
        this.next(this.end)
      }
      end() {}
    }
    const decorated = decorate(Plain, { start: [resources({ cpu: 2 }), environment({ vars: {} }), step], end: step })
    expect(decorated).toBe(Plain)
    expect(
      describeFlow(decorated)
        .steps.get('start')
        ?.decorations.map(one => one.name),
    ).toEqual(['resources', 'environment'])
    // @ts-expect-error -- no such method
    expect(() => decorate(Plain, { nope: step })).toThrow(code('FLOW_DECORATE_INVALID'))
  })
})

describe('decorators', () => {
  const context = (over: object) => ({
    kind: 'method',
    name: 'train',
    static: false,
    private: false,
    metadata: {},
    addInitializer() {},
    ...over,
  })
  const apply =
    (decorator: unknown, ...args: unknown[]) =>
    () =>
      (decorator as (...args: unknown[]) => unknown)(...args)

  it('name the step when they are misused', () => {
    const method = () => {}
    expect(apply(resources, method, context({}))).toThrow("@resources on 'train' has no parentheses")
    expect(apply(step, undefined, context({ kind: 'field' }))).toThrow("@step cannot stand on 'train'")
    expect(apply(step, method, context({ static: true }))).toThrow(code('FLOW_DECORATOR_MISUSED'))
    expect(apply(step, method, context({ private: true }))).toThrow(code('FLOW_DECORATOR_MISUSED'))
    expect(apply(step, {}, 'train', { value: method })).toThrow(/'train' was compiled as a decorator of the old kind/)
    expect(apply(step)).toThrow('@step was called')
    expect(apply(resources, {}, 'train', { value: method })).toThrow(code('FLOW_DECORATOR_MISUSED'))
    expect(() => refuseWithoutParentheses('mpi', [method, context({})])).toThrow("@mpi on 'train' has no parentheses")
    expect(() => refuseWithoutParentheses('mpi', [{ launcher: 'ssh' }])).not.toThrow()
    const twice = context({})
    apply(step, method, twice)()
    expect(apply(step, method, twice)).toThrow("Step 'train' has @step twice")
  })

  it('check their options', () => {
    expect(() => resources({ cpu: 0 })).toThrow(code('FLOW_DECORATOR_OPTIONS'))
    expect(() => resources({ memory: -1 })).toThrow(code('FLOW_DECORATOR_OPTIONS'))
    expect(() => environment({ vars: { A: 1 as unknown as string } })).toThrow(code('FLOW_DECORATOR_OPTIONS'))
    expect(() => pypi({ packages: { 'a b': '1' } })).toThrow(code('FLOW_DECORATOR_OPTIONS'))
  })

  it('hold graph and class together', () => {
    const gang = makeStepDecorator('mpi', {}, { name: 'mpi', core: '^0.1.0' })
    const alone = makeStepDecorator('mpi', { singleNode: true }, { name: 'mpi', core: '^0.1.0' })
    const source = (next: string) => `import { Flow, step } from '@flow/core'
export default class G extends Flow {
  @step start() { this.next(this.train${next}) }
  @mpi() @step train() { this.next(this.join) }
  @step join(inputs) { this.next(this.end) }
  @step end() {}
}`
    class Gang extends Flow {
      @step start() {}
      @gang @step train() {}
    }
    class Alone extends Flow {
      @step start() {}
      @alone @step train() {}
    }
    const parallel = source(', { numParallel: 2 }')
    const { graph } = parseFlow(parallel, 'g.ts')
    expect(graph && checkDecorations(graph, describeFlow(Gang), parallel)).toEqual([])
    expect(graph && checkDecorations(graph, describeFlow(Alone), parallel)).toMatchObject([
      { code: 'FLOW_LINT_PARALLEL_WITHOUT_GANG', at: { line: 4, column: 16 } },
    ])
    const linear = source('').replace('(inputs)', '()')
    const plain = parseFlow(linear, 'g.ts').graph
    expect(plain && checkDecorations(plain, describeFlow(Alone), linear)).toEqual([])
    expect(plain && checkDecorations(plain, describeFlow(Gang), linear)).toMatchObject([
      {
        code: 'FLOW_LINT_GANG_WITHOUT_PARALLEL',
        fix: 'Write this.next(this.train, { numParallel: 4 }) in start, or @mpi({ singleNode: true }) for an ordinary step.',
      },
    ])
    class Splits extends Flow {
      @(catchFailure() as StepDecorator) @step start() {}
      @gang @(catchFailure({ as: 'join' }) as StepDecorator) @step train() {}
      @step join() {}
    }
    expect(graph && checkDecorations(graph, describeFlow(Splits), parallel)).toMatchObject([
      { code: 'FLOW_LINT_CATCH', at: { line: 3 }, message: expect.stringContaining('goes on by numParallel') },
      { code: 'FLOW_LINT_CATCH', at: { line: 4 }, message: expect.stringContaining("the field 'join'") },
    ])
  })
})

describe('an instance', () => {
  const make = () => instantiate(Numbers, { maxIter: 5, data: 'x' }) as Numbers

  it('has its parameters, which cannot be written', () => {
    const flow = make()
    expect([flow.maxIter, flow.data, flow.list]).toEqual([5, 'x', [1, 2]])
    expect(() => {
      ;(flow as { maxIter: number }).maxIter = 3
    }).toThrow(code('FLOW_PARAMETER_READ_ONLY'))
    expect(() => flow.list.push(3)).toThrow(TypeError)
    expect((instantiate(Numbers) as Numbers).list).toEqual([1, 2])
  })

  it('keeps what next decided', () => {
    const flow = make()
    flow.start()
    expect(takeTransition(flow)).toEqual({ targets: ['work'], foreach: { field: 'items', size: 2 } })
    expect(takeTransition(flow)).toBeUndefined()
    flow.next(flow.work, flow.join)
    expect(takeTransition(flow)).toEqual({ targets: ['work', 'join'] })
    flow.next(flow.work, { numParallel: 4 })
    expect(takeTransition(flow)).toEqual({ targets: ['work'], numParallel: 4 })
  })

  it.each([0, 1.5, 'four', -1, Number.NaN, undefined, null, 2 ** 60])('refuses numParallel %s', value => {
    const flow = make()
    expect(() => flow.next(flow.work, { numParallel: value as number })).toThrow(code('FLOW_NUM_PARALLEL_INVALID'))
  })

  it('refuses a next that cannot be', () => {
    const flow = make()
    const next = flow.next.bind(flow) as (...args: unknown[]) => void
    expect(() => next()).toThrow(code('FLOW_NEXT_INVALID'))
    expect(() => next(flow.half)).toThrow(code('FLOW_NEXT_INVALID'))
    expect(() => next('work')).toThrow(code('FLOW_NEXT_INVALID'))
    expect(() => next(flow.work, flow.work)).toThrow(code('FLOW_NEXT_INVALID'))
    expect(() => next(flow.work, flow.join, { numParallel: 2 })).toThrow(code('FLOW_NEXT_INVALID'))
    expect(() => next(flow.work, { numParallel: 2, foreach: 'items' })).toThrow(code('FLOW_NEXT_INVALID'))
    expect(() => next(flow.work, { condition: 'x' })).toThrow(code('FLOW_NEXT_INVALID'))
    flow.items = []
    expect(() => next(flow.work, { foreach: 'items' })).toThrow(code('FLOW_FOREACH_EMPTY'))
    expect(() => next(flow.work, { foreach: 'data' })).toThrow(code('FLOW_FOREACH_INVALID'))
    next(flow.work)
    expect(() => next(flow.join)).toThrow(code('FLOW_NEXT_TWICE'))
    expect(() => new Numbers().start()).toThrow(code('FLOW_NEXT_OUTSIDE_STEP'))
  })

  it('has the input of its foreach', () => {
    const flow = make()
    setInput(flow, 20)
    expect(flow.input).toBe(20)
    expect(Object.keys(flow)).not.toContain('input')
  })
})
