import { describe, expect, test } from 'vitest'
import { localBackend } from '../../src/backends/index.js'
import {
  describeFlow,
  environment,
  Flow,
  gangTimeouts,
  type GangTimeoutsOptions,
  pypi,
  resources,
  step,
} from '../../src/flow/index.js'
import { defaultPass, gangDecorator, parallel } from '../../src/gang/index.js'
import { gangPlan, stepNeeds } from '../../src/run/step-plan.js'

const serving = gangDecorator({ name: 'serving', core: '^0.1.0', workers: 'serve', setup: () => undefined })
const silent = gangDecorator({ name: 'silent', core: '^0.1.0', pass: ['HUSH_*'], setup: () => undefined })
const slotted = gangDecorator({
  name: 'slotted',
  core: '^0.1.0',
  uses: [silent],
  pass: ['SLOT', 'PATH'],
  setup(gang, options: { readonly slots: number }) {
    gang.hooks.plan.tap('slotted', ({ plan }) => ({ ...plan, slots: options.slots }))
  },
})

class Steps extends Flow {
  @step start() {}
  @pypi({ packages: { numpy: '2.0.0' } })
  @resources({ cpu: 2, memory: 512 })
  @environment({ vars: { A: '1', B: '2' } })
  @parallel()
  @step
  body() {}
  @serving() @step serve() {}
  @serving() @parallel() @step both() {}
  @silent() @step none() {}
  @silent({ singleNode: true }) @serving({ singleNode: true }) @step alone() {}
  @silent({ singleNode: true }) @serving() @step half() {}
  @slotted({ slots: 7 }) @serving() @resources({ cpu: 2 }) @step changed() {}
}
const { steps } = describeFlow(Steps)
const needs = (name: string) => stepNeeds(name, steps.get(name)?.decorations ?? [])

describe('what a step asks for', () => {
  test('is in its decorators', () => {
    expect(needs('start')).toEqual({
      step: 'start',
      resources: {},
      env: {},
      pypi: undefined,
      timeouts: undefined,
      uses: [],
      singleNode: false,
    })
    expect(needs('body')).toMatchObject({
      resources: { cpu: 2, memory: 512 },
      env: { A: '1', B: '2' },
      pypi: { packages: { numpy: '2.0.0' } },
    })
    expect(needs('body').uses.map(use => use.extension.name)).toEqual(['parallel'])
  })
})

test('a step is on a single node when all its extensions say so, and no gang in part', async () => {
  expect(needs('alone').singleNode).toBe(true)
  expect(await gangPlan(needs('alone'), 1, 64, localBackend)).toMatchObject({
    size: 1,
    singleNode: true,
    workers: 'serve',
  })
  expect((await gangPlan(needs('serve'), 1, 64, localBackend)).singleNode).toBe(false)
  await expect(gangPlan(needs('half'), 2, 64, localBackend)).rejects.toMatchObject({
    code: 'FLOW_GANG_CONTRADICTION',
    message: expect.stringContaining('@silent({ singleNode: true }) and @serving()'),
  })
})

describe('the plan of a gang', () => {
  test.each<[GangTimeoutsOptions, object]>([
    [{}, { heartbeatMs: 3_000, leaseMs: 10_000, barrierMs: 60_000, graceMs: 5_000 }],
    [{ lease: 1_500 }, { heartbeatMs: 500, leaseMs: 1_500, barrierMs: 60_000, graceMs: 5_000 }],
    [{ heartbeat: 8_000 }, { heartbeatMs: 8_000, leaseMs: 24_000, barrierMs: 60_000, graceMs: 5_000 }],
    [
      { barrier: 1, grace: 2 },
      { heartbeatMs: 3_000, leaseMs: 10_000, barrierMs: 1, graceMs: 2 },
    ],
  ])('has the waits of @gangTimeouts(%j)', async (options, timeouts) => {
    class Timed extends Flow {
      @gangTimeouts(options) @parallel() @step work() {}
    }
    const decorations = describeFlow(Timed).steps.get('work')?.decorations ?? []
    expect((await gangPlan(stepNeeds('work', decorations), 2, 64, localBackend)).timeouts).toEqual(timeouts)
  })

  test.each<GangTimeoutsOptions>([
    { lease: 0 },
    { grace: -1 },
    { barrier: 0.5 },
    { heartbeat: Number.NaN },
    { lease: 2 ** 31 },
    { barrier: '5s' as unknown as number },
    { heartbeat: 1_000, lease: 1_500 },
  ])('takes no @gangTimeouts(%j)', options => {
    expect(() => gangTimeouts(options)).toThrow(expect.objectContaining({ code: 'FLOW_DECORATOR_OPTIONS' }))
  })

  test('has slots by cpu, and names of variables but no values', async () => {
    const plan = await gangPlan(needs('body'), 3, 64, localBackend)
    expect(plan).toMatchObject({
      step: 'body',
      backend: 'local',
      size: 3,
      slots: 2,
      workers: 'body',
      extensions: ['parallel'],
      environment: { set: ['A', 'B'] },
    })
    expect(structuredClone(plan)).toEqual(plan)
  })

  test.each([
    ['serve', 'serve'],
    ['none', 'body'],
  ] as const)('of %s: workers %s', async (name, workers) => {
    expect((await gangPlan(needs(name), 1, 64, localBackend)).workers).toBe(workers)
  })

  test('may be changed by an extension, with its options', async () => {
    const plan = await gangPlan(needs('changed'), 1, 64, localBackend)
    expect([plan.slots, plan.extensions]).toEqual([7, ['silent', 'slotted', 'serving']])
  })

  test('takes over variables that its extensions name, and those that they use', async () => {
    const plan = await gangPlan(needs('changed'), 1, 64, localBackend)
    expect(plan.environment.pass).toEqual([...defaultPass, 'HUSH_*', 'SLOT'])
  })

  test('is refused when decorators contradict each other', async () => {
    await expect(gangPlan(needs('both'), 1, 64, localBackend)).rejects.toMatchObject({
      code: 'FLOW_GANG_CONTRADICTION',
      message: expect.stringMatching(/'both' has @serving\(\) and @parallel\(\)/) as string,
    })
  })

  test('is refused above the limit of nodes, and says how to raise it', async () => {
    await expect(gangPlan(needs('body'), 65, 64, localBackend)).rejects.toMatchObject({
      code: 'FLOW_GANG_TOO_LARGE',
      fix: expect.stringContaining('--max-nodes 65') as string,
    })
    expect((await gangPlan(needs('body'), 64, 64, localBackend)).size).toBe(64)
  })
})
