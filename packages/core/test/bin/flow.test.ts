import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const command = resolve(import.meta.dirname, '../../bin/flow.js')

/** Runs the command as if this Node.js had another version. */
function runAs(version: string): { status: number | null; stdout: string; stderr: string } {
  const preload = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
  return spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(preload)}`, command, '--help'],
    {
      encoding: 'utf8',
    },
  )
}

test.each(['20.20.2', '22.14.9', '9.11.2', '18.0.0'])('Node.js %s is refused in one line', version => {
  const { status, stdout, stderr } = runAs(version)
  expect(status).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toBe(`FLOW_NODE_TOO_OLD: flow needs Node.js 22.15.0 or newer, this is ${version}\n`)
})

test.each(['22.15.0', '22.16.1', '100.0.0'])('Node.js %s is let in', version => {
  expect(runAs(version).stderr).not.toContain('FLOW_NODE_TOO_OLD')
})

test('old versions can parse what refuses them', () => {
  const source = readFileSync(command, 'utf8').replaceAll(/\/\/.*/g, '')
  expect(source).not.toMatch(/=>|\?\.|\?\?|`|\b(?:const|let|await|async|class)\b|node:/)
})
