import { describe, expect, test } from 'vitest'
import { type Graph, parseFlow } from '../../src/flow/graph/index.js'
import type { Transition } from '../../src/flow/index.js'
import { type ReadyTask, Scheduler } from '../../src/run/scheduler.js'
import type { ArtifactRef, Artifacts } from '../../src/store/index.js'

/** `steps` is the body of a class: each step with its `next`. */
function graphOf(steps: string): Graph {
  const source = `import { Flow, parallel, step } from '@flow/core'\nexport default class F extends Flow {\n  list = [1]\n${steps}\n  @step end() {}\n}`
  const { graph, problems } = parseFlow(source, 'flow.ts')
  if (graph === undefined) throw new Error(problems.map(problem => problem.message).join('\n'))
  return graph
}

const ref = (hash: string): ArtifactRef => ({ hash, size: 1, encoding: 'json' })

/** Runs tasks in any order one likes; ids are given as they are started. */
class Run {
  readonly scheduler: Scheduler
  #nextId = 1

  constructor(steps: string, maxNumSplits = 100) {
    this.scheduler = new Scheduler(graphOf(steps), maxNumSplits)
  }

  finish(
    task: ReadyTask,
    transition: Transition | undefined,
    artifacts?: readonly Artifacts[],
    served = false,
  ): ReadyTask[] {
    const taskId = String(this.#nextId++)
    return this.scheduler.finished({
      task,
      taskId,
      path: `F/1/${task.step}/${taskId}`,
      transition,
      served,
      artifacts: artifacts ?? [{ list: ref(`list of ${taskId}`) }],
    })
  }
}

const to = (...targets: string[]): Transition => ({ targets })
const over = (target: string, size: number): Transition => ({ targets: [target], foreach: { field: 'list', size } })
const names = (tasks: readonly ReadyTask[]): string[] => tasks.map(task => task.step)
const paths = (task: ReadyTask | undefined): string[] => task?.inputs.map(input => input.path) ?? []

const LINEAR = '@step start() { this.next(this.end) }'
const BRANCH = `
  @step start() { this.next(this.a, this.b) }
  @step a() { this.next(this.join) }
  @step b() { this.next(this.join) }
  @step join(inputs) { this.next(this.end) }`
const FOREACH = `
  @step start() { this.next(this.work, { foreach: 'list' }) }
  @step work() { this.next(this.more) }
  @step more() { this.next(this.join) }
  @step join(inputs) { this.next(this.end) }`
const NESTED = `
  @step start() { this.next(this.outer, { foreach: 'list' }) }
  @step outer() { this.next(this.inner, { foreach: 'list' }) }
  @step inner() { this.next(this.joinInner) }
  @step joinInner(inputs) { this.next(this.joinOuter) }
  @step joinOuter(inputs) { this.next(this.end) }`
const GANG = `
  @step start() { this.next(this.each, { foreach: 'list' }) }
  @step each() { this.next(this.gang, { numParallel: 2 }) }
  @parallel() @step gang() { this.next(this.joinGang) }
  @step joinGang(inputs) { this.next(this.join) }
  @step join(inputs) { this.next(this.end) }`

describe('what can run next', () => {
  test('is the next step, with its parent as the one input, and nothing after the end', () => {
    const run = new Run(LINEAR)
    const start = run.scheduler.start()
    expect(start).toMatchObject({ step: 'start', isJoin: false, inputs: [] })
    const [end] = run.finish(start, to('end'))
    expect(end).toMatchObject({
      step: 'end',
      isJoin: false,
      inputs: [{ path: 'F/1/start/1', artifacts: { list: ref('list of 1') } }],
    })
    expect(run.finish(end!, undefined)).toEqual([])
  })

  test('of branches is their join, when all are in, with inputs as `next` names them', () => {
    const run = new Run(BRANCH)
    const [a, b] = run.finish(run.scheduler.start(), to('a', 'b'))
    expect(names([a!, b!])).toEqual(['a', 'b'])
    expect(run.finish(b!, to('join'))).toEqual([])
    const [join] = run.finish(a!, to('join'))
    expect(join).toMatchObject({ step: 'join', isJoin: true, splits: [] })
    expect(paths(join)).toEqual(['F/1/a/3', 'F/1/b/2'])
    expect(names(run.finish(join!, to('end')))).toEqual(['end'])
  })

  test('of a foreach is one task an element, joined in the order of elements', () => {
    const run = new Run(FOREACH)
    const tasks = run.finish(run.scheduler.start(), over('work', 3))
    expect(names(tasks)).toEqual(['work', 'work', 'work'])
    expect(tasks.map(task => Scheduler.frames(task))).toEqual(
      [0, 1, 2].map(index => [{ step: 'start', field: 'list', index, size: 3 }]),
    )
    expect(Scheduler.element(tasks[1]!)).toEqual({ field: 'list', index: 1, ref: ref('list of 1') })
    const more = tasks.map(task => run.finish(task, to('more'))[0]!)
    // `this.input` is there in every step up to the join.
    expect(more.map(task => Scheduler.element(task)?.index)).toEqual([0, 1, 2])
    expect(run.finish(more[2]!, to('join'))).toEqual([])
    expect(run.finish(more[0]!, to('join'))).toEqual([])
    const [join] = run.finish(more[1]!, to('join'))
    expect(paths(join)).toEqual(['F/1/more/6', 'F/1/more/7', 'F/1/more/5'])
    expect(Scheduler.element(join!)).toBeUndefined()
  })

  test('a foreach of one element is joined too', () => {
    const run = new Run(FOREACH)
    const [work] = run.finish(run.scheduler.start(), over('work', 1))
    const [more] = run.finish(work!, to('more'))
    expect(run.finish(more!, to('join'))).toMatchObject([{ step: 'join', isJoin: true }])
  })

  test('of a nested foreach: inner joins never mix, and the inner element is the one to see', () => {
    const run = new Run(NESTED)
    const outers = run.finish(run.scheduler.start(), over('outer', 2))
    const inners = outers.map((outer, index) => run.finish(outer, over('inner', index + 1)))
    expect(inners.map(tasks => tasks.length)).toEqual([1, 2])
    expect(Scheduler.frames(inners[1]![1]!)).toEqual([
      { step: 'start', field: 'list', index: 1, size: 2 },
      { step: 'outer', field: 'list', index: 1, size: 2 },
    ])
    expect(Scheduler.element(inners[1]![0]!)).toMatchObject({ index: 0, ref: ref('list of 3') })
    expect(run.finish(inners[1]![0]!, to('joinInner'))).toEqual([])
    const [first] = run.finish(inners[0]![0]!, to('joinInner'))
    const [second] = run.finish(inners[1]![1]!, to('joinInner'))
    expect([first, second].map(join => Scheduler.element(join!)?.index)).toEqual([0, 1])
    expect(paths(second)).toEqual(['F/1/inner/4', 'F/1/inner/6'])
    expect(run.finish(second!, to('joinOuter'))).toEqual([])
    const [outer] = run.finish(first!, to('joinOuter'))
    expect(paths(outer)).toEqual(['F/1/joinInner/8', 'F/1/joinInner/7'])
    expect(outer?.splits).toEqual([])
  })

  test('of a gang inside a foreach: its own join, one input a node, then that of the foreach', () => {
    const run = new Run(GANG)
    const each = run.finish(run.scheduler.start(), over('each', 2))
    const gangs = each.map(task => run.finish(task, { targets: ['gang'], numParallel: 2 })[0]!)
    expect(gangs).toMatchObject([
      { step: 'gang', isJoin: false, numParallel: 2 },
      { step: 'gang', numParallel: 2 },
    ])
    expect(Scheduler.element(gangs[1]!)?.index).toBe(1)
    const nodes = [{ x: ref('x0') }, { x: ref('x1') }]
    const [served] = run.finish(gangs[0]!, to('joinGang'), nodes, true)
    expect(served).toMatchObject({ step: 'joinGang', isJoin: true })
    expect(served?.inputs).toEqual([
      { path: 'F/1/gang/4@0', artifacts: nodes[0] },
      { path: 'F/1/gang/4@1', artifacts: nodes[1], served: true },
    ])
    const [own] = run.finish(gangs[1]!, to('joinGang'), nodes)
    expect(own?.inputs.map(input => input.served)).toEqual([undefined, undefined])
    expect(run.finish(served!, to('join'))).toEqual([])
    expect(names(run.finish(own!, to('join')))).toEqual(['join'])
  })
})

test('a foreach over too much is refused, and says by which option it is not', () => {
  const run = new Run(FOREACH, 2)
  expect(run.finish(run.scheduler.start(), over('work', 2))).toHaveLength(2)
  expect(() => run.finish(run.scheduler.start(), over('work', 3))).toThrow(
    expect.objectContaining({
      code: 'FLOW_TOO_MANY_SPLITS',
      fix: expect.stringContaining('--max-num-splits 3') as string,
    }),
  )
})
