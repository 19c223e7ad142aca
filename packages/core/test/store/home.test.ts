import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { locateHome, resolveHome, Store } from '../../src/store/index.js'
import { tempHome } from './temp-home.js'

test('the home is beside the nearest package.json', () => {
  const project = tempHome('project')
  mkdirSync(join(project, 'flows/deep'), { recursive: true })
  writeFileSync(join(project, 'package.json'), '{}')
  writeFileSync(join(project, 'flows/deep/flow.ts'), '')
  expect(resolveHome(join(project, 'flows/deep/flow.ts'), {})).toBe(join(project, '.flow'))
  expect(readFileSync(join(project, '.flow/.gitignore'), 'utf8')).toBe('*\n')
  expect(resolveHome(project, {})).toBe(join(project, '.flow'))
})

test('without a package.json it is beside the flow file', () => {
  const folder = tempHome('folder')
  mkdirSync(folder)
  writeFileSync(join(folder, 'flow.ts'), '')
  expect(locateHome(join(folder, 'flow.ts'), {})).toBe(join(folder, '.flow'))
  expect(existsSync(join(folder, '.flow'))).toBe(false)
})

test('FLOW_HOME wins', () => {
  const home = tempHome('a/b')
  expect(resolveHome('/anywhere/flow.ts', { FLOW_HOME: home })).toBe(home)
  expect(existsSync(join(home, '.gitignore'))).toBe(true)
})

test('a file in the way is a coded error', () => {
  const home = tempHome('file')
  writeFileSync(home, '')
  expect(() => resolveHome('flow.ts', { FLOW_HOME: home })).toThrow(
    expect.objectContaining({ code: 'FLOW_HOME_INVALID' }),
  )
  expect(() => resolveHome('flow.ts', { FLOW_HOME: join(home, 'below') })).toThrow(
    expect.objectContaining({ code: 'FLOW_HOME_INVALID' }),
  )
})

test.each(['with space', 'co:lon', 'ünïcödé 流れ', 'x'.repeat(150), 'per%20cent?mode=ro#x'])(
  'all of it works in a folder named %s',
  async name => {
    const home = resolveHome('flow.ts', { FLOW_HOME: tempHome(name) })
    using store = Store.open(home)
    expect(store.metadata.createRun({ flow: 'F', parameters: {} })).toBe('1')
    expect(existsSync(join(home, 'meta.db'))).toBe(true)
    const hash = await store.blobs.put(Buffer.from('x'))
    expect((await store.blobs.get(hash)).toString()).toBe('x')
    expect(store.logFile('F/1/start/1', 0, 3)).toBe(join(home, 'logs/F/1/start/1/0/node3.log'))
    expect(dirname(store.tempDir())).toBe(join(home, 'tmp'))
  },
)

// Node's own way to make a folder and those above it never ends there.
test.skipIf(process.platform !== 'linux')('a folder that no file system makes is a coded error', () => {
  expect(() => resolveHome('flow.ts', { FLOW_HOME: '/proc/flow/home' })).toThrow(
    expect.objectContaining({ code: 'FLOW_HOME_INVALID' }),
  )
})
