import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { runStage } from './run-stage.ts'
import { stages } from './stages.ts'

/**
 * All that CI does: `npm test`, or single stages of it: `npm test -- lint unit`. A failed stage does not end the run;
 * the last line counts checks and tests together, and the exit code says whether any failed.
 */
const wanted = process.argv.slice(2)
const unknown = wanted.filter(name => !stages.some(stage => stage.name === name))
if (unknown.length > 0) {
  console.error(`no such stage: ${unknown.join(', ')}. There are: ${stages.map(stage => stage.name).join(', ')}`)
  process.exit(2)
}
process.chdir(resolve(import.meta.dirname, '../..'))
process.env['PATH'] = [resolve('node_modules/.bin'), process.env['PATH']].join(delimiter)
process.env['NO_COLOR'] ??= '1'

const reports = mkdtempSync(join(tmpdir(), 'flow-verify-'))
const interrupted = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort())

const lines: string[] = []
let passed = 0
let failed = 0
for (const stage of stages) {
  if (wanted.length > 0 && !wanted.includes(stage.name)) continue
  if (interrupted.signal.aborted) break
  console.log(`\n── ${stage.name}: ${stage.command.join(' ')}`)
  const start = performance.now()
  const counts = await runStage(stage, reports, interrupted.signal)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  passed += counts.passed
  failed += counts.failed
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
  const line = `${counts.failed === 0 ? 'ok    ' : 'FAILED'} ${stage.name}: ${counts.passed} passed, ${counts.failed} failed${skipped} (${seconds} s)`
  lines.push(line)
  console.log(line)
}
rmSync(reports, { recursive: true, force: true })
if (interrupted.signal.aborted) failed += 1

console.log(`\n${lines.join('\n')}\n`)
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)
