import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import type { FlowError } from '../../src/errors/index.js'
import { ensureEnvironment } from '../../src/python/index.js'
import { Wheelhouse } from './wheelhouse.js'

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => new Error('nothing was thrown'),
    (thrown: unknown) => thrown,
  )
}

const without = (dir: string) => readdirSync(dir).filter(name => !name.endsWith('.lock'))

test('makes an environment by pip’s own settings, once', async () => {
  using house = new Wheelhouse()
  house.addWheel('alpha', '1.2.0')
  house.addWheel('alpha', '1.3.0')
  house.addWheel('beta', '2.0')
  const lines: string[] = []
  const spec = { packages: { alpha: '1.2.0', beta: '>=1,<3' } }
  const options = { env: house.env, cacheDir: house.cacheDir, onProgress: (text: string) => void lines.push(text) }
  const made = await ensureEnvironment(spec, options)
  expect(made.created).toBe(true)
  expect(
    execFileSync(made.python, ['-c', 'import alpha, beta; print(alpha.VERSION, beta.VERSION)'], {
      encoding: 'utf8',
    }).trim(),
  ).toBe('1.2.0 2.0')
  expect(lines.join('\n')).toContain('Successfully installed')
  expect(without(dirname(made.dir))).toEqual([made.hash])
  expect(await ensureEnvironment(spec, options)).toEqual({ ...made, created: false })
})

test('other packages and other settings are other environments', async () => {
  using house = new Wheelhouse()
  house.addWheel('alpha', '1.2.0')
  const options = { env: house.env, cacheDir: house.cacheDir }
  const one = await ensureEnvironment({ packages: { alpha: '*' } }, options)
  const two = await ensureEnvironment(
    { packages: { alpha: '1.2.0' }, findLinks: house.wheels },
    { ...options, env: { ...house.env, PIP_FIND_LINKS: '' } },
  )
  const none = await ensureEnvironment({ packages: {} }, options)
  expect(new Set([one.hash, two.hash, none.hash]).size).toBe(3)
})

test('several at once make one', async () => {
  using house = new Wheelhouse()
  house.addWheel('alpha', '1.2.0')
  const made = await Promise.all(
    [1, 2, 3].map(() =>
      ensureEnvironment({ packages: { alpha: '1.2.0' } }, { env: house.env, cacheDir: house.cacheDir }),
    ),
  )
  expect(made.map(environment => (environment.created ? 1 : 0)).toSorted((a, b) => a - b)).toEqual([0, 0, 1])
})

test('what an interrupted installation left is made anew', async () => {
  using house = new Wheelhouse()
  house.addWheel('alpha', '1.2.0')
  const options = { env: house.env, cacheDir: house.cacheDir }
  const made = await ensureEnvironment({ packages: { alpha: '1.2.0' } }, options)
  rmSync(join(made.dir, '.flow-complete'))
  writeFileSync(join(made.dir, 'rest'), '')
  expect((await ensureEnvironment({ packages: { alpha: '1.2.0' } }, options)).created).toBe(true)
  expect(existsSync(join(made.dir, 'rest'))).toBe(false)
})

test('a package that cannot be had is named, and nothing is left', async () => {
  using house = new Wheelhouse()
  house.addWheel('alpha', '1.2.0')
  const error = await errorOf(
    ensureEnvironment({ packages: { alpha: '1.2.0', gamma: '9' } }, { env: house.env, cacheDir: house.cacheDir }),
  )
  expect(error).toMatchObject({
    code: 'FLOW_PYPI_FAILED',
    message: 'The Python package gamma could not be installed.',
    details: { package: 'gamma' },
  })
  expect((error as FlowError).why).toContain('No matching distribution')
  expect(without(join(house.cacheDir, 'envs'))).toEqual([])
})

test('an abort stops the installer with all it started and leaves nothing', async () => {
  using house = new Wheelhouse()
  const pidFile = join(house.root, 'pid')
  house.addEndlessBuild('endless', pidFile)
  const stop = new AbortController()
  const started = new Promise<void>(resolve => {
    const watcher = watch(house.root, (_event, name) => {
      if (name !== 'pid') return
      watcher.close()
      resolve()
    })
  })
  const making = errorOf(
    ensureEnvironment(
      { packages: { endless: `file://${join(house.root, 'endless')}` } },
      { env: house.env, cacheDir: house.cacheDir, signal: stop.signal },
    ),
  )
  await Promise.race([started, making])
  const pid = Number(readFileSync(pidFile, 'utf8'))
  stop.abort(new Error('Ctrl-C'))
  expect(await making).toMatchObject({ message: 'Ctrl-C' })
  // A process that was ended but not yet waited for by its parent is one of state Z.
  const state = existsSync(`/proc/${pid}/stat`)
    ? readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '')[0]
    : 'gone'
  expect(['gone', 'Z', 'X']).toContain(state)
  expect(without(join(house.cacheDir, 'envs'))).toEqual([])
})

test('no Python, a Python that is not here, a broken shim', async () => {
  using house = new Wheelhouse()
  const empty = join(house.root, 'bin')
  mkdirSync(empty)
  const options = { cacheDir: house.cacheDir, env: { ...house.env, PATH: empty } }
  expect(await errorOf(ensureEnvironment({ packages: {} }, options))).toMatchObject({ code: 'FLOW_PYTHON_MISSING' })
  writeFileSync(join(empty, 'python3'), '#!/bin/sh\nexit 127\n', { mode: 0o755 })
  expect(await errorOf(ensureEnvironment({ packages: {} }, options))).toMatchObject({ code: 'FLOW_PYTHON_MISSING' })
  const error = await errorOf(
    ensureEnvironment({ python: '3.99', packages: {} }, { cacheDir: house.cacheDir, env: house.env }),
  )
  expect(error).toMatchObject({ code: 'FLOW_PYTHON_MISSING', message: 'Python 3.99 was not found.' })
})

test('a cache folder that cannot be on PATH is refused', async () => {
  using house = new Wheelhouse()
  const error = await errorOf(
    ensureEnvironment({ packages: {} }, { env: house.env, cacheDir: join(house.root, 'a:b') }),
  )
  expect(error).toMatchObject({ code: 'FLOW_PYPI_CACHE_DIR' })
})

test('a cache folder that cannot be made is refused', async () => {
  using house = new Wheelhouse()
  writeFileSync(join(house.root, 'file'), '')
  const error = await errorOf(
    ensureEnvironment({ packages: {} }, { env: house.env, cacheDir: join(house.root, 'file/cache') }),
  )
  expect(error).toMatchObject({ code: 'FLOW_PYPI_CACHE_DIR', fix: expect.stringContaining('FLOW_CACHE_DIR') as string })
})
