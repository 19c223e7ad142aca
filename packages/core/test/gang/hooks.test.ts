import { describe, expect, test } from 'vitest'
import { FlowError } from '../../src/errors/index.js'
import { type AnyExtension, gangDecorator } from '../../src/gang/index.js'
import { allExtensions, type ExtensionUse, makeGangHooks } from '../../src/gang/hooks/index.js'
import { SeriesHook } from '../../src/gang/hooks/tap.js'

const newHook = <C, R = void>(): SeriesHook<C, R> => new SeriesHook<C, R>('onNode', () => 0)
const code = (wanted: string): unknown => expect.objectContaining({ code: wanted })

describe('a hook', () => {
  test('waits for every tap, one after another, as written', async () => {
    const hook = newHook<string[]>()
    hook.tap('slow', async said => {
      await new Promise(resolve => setImmediate(resolve))
      said.push('slow')
    })
    hook.tap('quick', said => void said.push('quick'))
    const said: string[] = []
    await hook.run(said)
    expect(said).toEqual(['slow', 'quick'])
  })

  test('orders taps by stage, then by before', async () => {
    const hook = newHook<string[]>()
    const say = (name: string) => (said: string[]) => void said.push(name)
    hook.tap('last', say('last'), { stage: 499 })
    hook.tap('a', say('a'))
    hook.tap('b', say('b'))
    hook.tap('c', say('c'), { before: 'b' })
    hook.tap('d', say('d'), { before: ['a', 'b'] })
    hook.tap('first', say('first'), { stage: -499 })
    const said: string[] = []
    await hook.run(said)
    expect(said).toEqual(['first', 'd', 'a', 'c', 'b', 'last'])
  })

  test('refuses a name that is there, a stage out of range, a tap while it runs', async () => {
    const hook = newHook<undefined>()
    hook.tap('one', () => undefined)
    expect(() => hook.tap('one', () => undefined)).toThrow(code('FLOW_HOOK_MISUSED'))
    expect(() => hook.tap('two', () => undefined, { stage: 500 })).toThrow('out of range')
    hook.tap('late', () => hook.tap('three', () => undefined))
    await expect(hook.run(undefined)).rejects.toThrow(/'three' was added to hook onNode while it runs/)
  })

  test('refuses to run when a tap wants to be before one that is not there', async () => {
    const hook = newHook<undefined>()
    hook.tap('one', () => undefined, { before: 'nobody' })
    await expect(hook.run(undefined)).rejects.toMatchObject({
      code: 'FLOW_HOOK_MISUSED',
      message: expect.stringContaining("'nobody'") as string,
      fix: expect.stringContaining('one') as string,
    })
  })

  test('takes a `before` that is tapped later', async () => {
    const hook = newHook<string[]>()
    hook.tap('one', said => void said.push('one'), { before: 'two' })
    hook.tap('two', said => void said.push('two'))
    const said: string[] = []
    await hook.run(said)
    expect(said).toEqual(['one', 'two'])
  })

  test.each([
    [
      'throws',
      (): void => {
        throw new TypeError('no disk')
      },
    ],
    [
      'rejects',
      async (): Promise<void> => {
        throw new TypeError('no disk')
      },
    ],
  ])('whose tap %s stops, and says which tap of which hook', async (_, fn) => {
    const hook = newHook<undefined>()
    let ran = false
    hook.tap('mine', fn)
    hook.tap('after', () => {
      ran = true
    })
    await expect(hook.run(undefined)).rejects.toMatchObject({
      code: 'FLOW_HOOK_FAILED',
      message: "Tap 'mine' of hook onNode failed: no disk",
      cause: expect.any(TypeError) as Error,
    })
    expect(ran).toBe(false)
  })

  test('leaves coded errors as they are', async () => {
    const hook = newHook<undefined>()
    const error = new FlowError('FLOW_MINE', { message: 'of the extension' })
    hook.tap('mine', () => {
      throw error
    })
    await expect(hook.run(undefined)).rejects.toBe(error)
  })

  test('runAll goes on after a tap that throws, and gives all that was thrown', async () => {
    const hook = newHook<string[]>()
    hook.tap('one', () => {
      throw new Error('1')
    })
    hook.tap('two', async said => {
      said.push('two')
      throw new Error('2')
    })
    hook.tap('three', said => void said.push('three'))
    const said: string[] = []
    const failures = await hook.runAll(said)
    expect(said).toEqual(['two', 'three'])
    expect(failures.map(failure => (failure as FlowError).message)).toEqual([
      "Tap 'one' of hook onNode failed: 1",
      "Tap 'two' of hook onNode failed: 2",
    ])
  })

  test('gives the last result; without taps none', async () => {
    const hook = newHook<undefined, number>()
    expect(await hook.run(undefined)).toBeUndefined()
    expect(hook.isUsed).toBe(false)
    hook.tap('one', () => 1)
    hook.tap('two', async () => 2)
    hook.tap('none', () => undefined as never)
    expect(await hook.run(undefined)).toBe(2)
    expect(hook.isUsed).toBe(true)
  })

  test('can run again, and after a failure', async () => {
    const hook = newHook<{ fails: boolean }>()
    hook.tap('one', ({ fails }) => {
      if (fails) throw new Error('once')
    })
    await expect(hook.run({ fails: true })).rejects.toThrow('once')
    await hook.run({ fails: false })
  })
})

const use = (extension: AnyExtension, options: unknown = {}): ExtensionUse => ({
  extension: extension.extension,
  options,
})

describe('the hooks of a gang', () => {
  test('run the taps of an extension after those of what it uses, whatever their stage and the order of decorators', async () => {
    const said: string[] = []
    const ssh = gangDecorator({
      name: 'ssh',
      core: '^0.1.0',
      setup(gang) {
        gang.hooks.afterNode.tap('ssh', () => void said.push('ssh'), { stage: 400 })
        return { port: 22 }
      },
    })
    const mpi = gangDecorator({
      name: 'mpi',
      core: '^0.1.0',
      uses: [ssh],
      setup(gang, options: { readonly text?: string }) {
        const { port } = gang.use(ssh)
        gang.hooks.afterNode.tap('mpi', () => void said.push(`mpi ${port} ${options.text}`), { stage: -400 })
      },
    })
    for (const uses of [
      [use(mpi, { text: 'a' }), use(ssh)],
      [use(ssh), use(mpi, { text: 'a' })],
      [use(mpi, { text: 'a' })],
    ]) {
      expect(allExtensions(uses).map(({ name }) => name)).toEqual(['ssh', 'mpi'])
      said.length = 0
      await makeGangHooks(uses).afterNode.runAll({ me: undefined as never, dir: '', outcome: 'ok' })
      expect(said).toEqual(['ssh', 'mpi 22 a'])
    }
  })

  test('set an extension up once for each gang, however many use it', () => {
    let setups = 0
    const base = gangDecorator({ name: 'base', core: '^0.1.0', setup: () => ++setups })
    const one = gangDecorator({ name: 'one', core: '^0.1.0', uses: [base], setup: gang => gang.use(base) })
    const two = gangDecorator({ name: 'two', core: '^0.1.0', uses: [base], setup: gang => gang.use(base) })
    makeGangHooks([use(one), use(two), use(base)])
    makeGangHooks([use(one)])
    expect(setups).toBe(2)
  })

  test('refuse an extension that asks for one it does not list', () => {
    const base = gangDecorator({ name: 'base', core: '^0.1.0', setup: () => undefined })
    const sly = gangDecorator({ name: 'sly', core: '^0.1.0', setup: gang => void gang.use(base as never) })
    expect(() => makeGangHooks([use(base), use(sly)])).toThrow(code('FLOW_EXTENSION_MISSING'))
  })

  test('refuse extensions that use each other', () => {
    const ring: AnyExtension[] = []
    const one = gangDecorator({ name: 'one', core: '^0.1.0', uses: ring, setup: () => undefined })
    const two = gangDecorator({ name: 'two', core: '^0.1.0', uses: [one], setup: () => undefined })
    ring.push(two)
    expect(() => makeGangHooks([use(two)])).toThrow(/two → one → two/)
  })

  test('plan is a waterfall: each tap sees what those before it returned', async () => {
    const twice = (name: string) =>
      gangDecorator({
        name,
        core: '^0.1.0',
        setup(gang) {
          gang.hooks.plan.tap(name, ({ plan }) => ({ ...plan, slots: plan.slots * 2 }))
          gang.hooks.plan.tap(`${name}:look`, () => undefined)
        },
      })
    const plan = await makeGangHooks([use(twice('one')), use(twice('two'))]).plan.run({ plan: { slots: 3 } as never })
    expect(plan).toEqual({ slots: 12 })
  })
})
