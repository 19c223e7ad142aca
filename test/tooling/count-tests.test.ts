import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { countTests } from '../../scripts/verify/count-tests.js'

const folder = mkdtempSync(join(tmpdir(), 'flow-count-'))
afterAll(() => rmSync(folder, { recursive: true }))

function report(...files: { status: string; tests: string[] }[]): string {
  const path = join(folder, 'report.json')
  const testResults = files.map(file => ({
    status: file.status,
    assertionResults: file.tests.map(status => ({ status })),
  }))
  writeFileSync(path, JSON.stringify({ testResults }))
  return path
}

test('counts what passed, failed and was skipped', () => {
  const path = report(
    { status: 'passed', tests: ['passed', 'skipped'] },
    { status: 'failed', tests: ['passed', 'failed'] },
  )
  expect(countTests(path, 1)).toEqual({ passed: 2, failed: 1, skipped: 1 })
})

test('a file that does not load is one failure', () => {
  const path = report({ status: 'passed', tests: ['passed'] }, { status: 'failed', tests: [] })
  expect(countTests(path, 1)).toEqual({ passed: 1, failed: 1, skipped: 0 })
})

test('a run that failed outside its tests is a failure', () => {
  expect(countTests(report({ status: 'passed', tests: ['passed'] }), 1).failed).toBe(1)
})

test('no report and no tests are failures', () => {
  expect(countTests(join(folder, 'missing.json'), 0).failed).toBe(1)
  expect(countTests(report(), 0).failed).toBe(1)
})
