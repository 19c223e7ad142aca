import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { findRay } from '../src/installation.js'

const dir = mkdtempSync(join(tmpdir(), 'ray-installation-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

function program(path: string, text: string): string {
  const full = join(dir, path)
  mkdirSync(join(full, '..'), { recursive: true })
  writeFileSync(full, text)
  chmodSync(full, 0o755)
  return full
}

test('the Python that the program ray names', async () => {
  const python = program('a/python3.11', '#!/bin/sh\n')
  const ray = program('bin-a/ray', `#!${python}\nimport ray\n`)
  expect(await findRay({ PATH: join(dir, 'bin-a') })).toEqual({ ray, python })
})

test('the Python beside it, where it names none, else the one on PATH', async () => {
  const ray = program('bin-b/ray', "#!/bin/sh\n'''exec' /a/very long/path\n")
  const first = program('bin-c/python3', '#!/bin/sh\n')
  expect(await findRay({ PATH: `${join(dir, 'bin-b')}:${join(dir, 'bin-c')}` })).toEqual({ ray, python: first })
  const python = program('bin-b/python3', '#!/bin/sh\n')
  expect(await findRay({ PATH: `${join(dir, 'bin-b')}:${join(dir, 'bin-c')}` })).toEqual({ ray, python })
})

test('no Ray: the message has the line that brings it', async () => {
  await expect(findRay({ PATH: '/nowhere' })).rejects.toMatchObject({
    code: 'FLOW_RAY_MISSING',
    fix: expect.stringContaining("@pypi({ packages: { 'ray[default]'") as unknown,
  })
})
