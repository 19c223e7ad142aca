import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ControlContext, ProgramOptions, ProgramResult } from '@flow/core'
import { afterAll, expect, test } from 'vitest'
import type { RayJobOptions } from '../src/api.js'
import { Ray } from '../src/control.js'

const dir = mkdtempSync(join(tmpdir(), 'ray-control-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
writeFileSync(join(dir, 'train.py'), '')

interface Given {
  readonly entrypoint: string
  readonly noJobApi: string
}

/** `current.ray` whose programs end with `exitCode` at once; `given` is told what submit.py would get. */
function rayWith(exitCode: number, given: (input: Given) => void): Ray {
  const ctx: Partial<ControlContext> = {
    dir,
    workDir: dir,
    roster: [],
    me: { index: 0, name: 'node0', address: '10.0.0.1', slots: 1, facts: {} },
    plan: { step: 'work' } as ControlContext['plan'],
    launchLocal: ({ options }: { readonly options?: ProgramOptions | undefined }) => {
      given(options?.input as Given)
      const rank = { rank: 0, node: 0, exitCode, signal: null }
      return Promise.resolve({ exitCode, ranks: [rank], stdout: '', stderr: '' } as unknown as ProgramResult)
    },
  }
  const cluster = { address: '10.0.0.1:1', dashboardUrl: undefined, nodes: [], storagePath: dir }
  return new Ray(ctx as ControlContext, '/env/bin/python3', cluster)
}

async function commandOf(options: RayJobOptions): Promise<string> {
  let command = ''
  await rayWith(0, ({ entrypoint }) => (command = entrypoint)).submit(options)
  return command
}

test("a job's Python is the step's, unless its runtime_env brings one", async () => {
  expect(await commandOf({ entrypoint: 'train.py' })).toBe('/env/bin/python3 train.py')
  expect(await commandOf({ entrypoint: 'train.py', runtimeEnv: { pip: undefined, env_vars: {} } })).toBe(
    '/env/bin/python3 train.py',
  )
  for (const name of ['pip', 'uv', 'conda', 'py_executable']) {
    expect(await commandOf({ entrypoint: 'train.py', runtimeEnv: { [name]: 'x' } })).toBe('python train.py')
    expect(await commandOf({ entrypoint: '-m app', runtimeEnv: { [name]: 'x' } })).toBe('python -m app')
  }
})

test('the program of a job with a working_dir is looked for by Ray alone', async () => {
  const runtimeEnv = { working_dir: 'https://example.org/app.zip' }
  expect(await commandOf({ entrypoint: 'in_app.py', entrypointArgs: { epochs: 3 }, runtimeEnv })).toBe(
    '/env/bin/python3 in_app.py --epochs=3',
  )
  expect(await commandOf({ entrypoint: 'in_app.py', runtimeEnv: { ...runtimeEnv, uv: [] } })).toBe('python in_app.py')
  expect(await commandOf({ entrypoint: 'sh in_app.sh', runtimeEnv })).toBe('sh in_app.sh')
  await expect(commandOf({ entrypoint: 'in_app.py' })).rejects.toMatchObject({ code: 'FLOW_RAY_PROGRAM_MISSING' })
})

test('a job that ends with 69 failed; Ray has no job API where submit.py says so', async () => {
  const job = rayWith(69, () => undefined).submit({ entrypoint: 'train.py' })
  await expect(job).rejects.toMatchObject({ code: 'FLOW_RAY_RANK_FAILED' })
  const none = rayWith(69, ({ noJobApi }) => writeFileSync(noJobApi, 'no dashboard')).submit({ entrypoint: 'train.py' })
  await expect(none).rejects.toMatchObject({ code: 'FLOW_RAY_MISSING', why: 'no dashboard' })
})
