import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadFlowFile } from '../../src/run/load-flow.js'

const flow = (comment: string, next = 'this.next(this.end)'): string => `import { Flow, step } from '@flow/core'
export default class Small extends Flow {
  /** ${comment} */
  @step start() {
    ${next}
  }
  @step end() {}
}
`

describe('loadFlowFile', () => {
  let dir = ''
  const file = (): string => join(dir, 'flow.ts')
  const load = (): ReturnType<typeof loadFlowFile> => loadFlowFile(file(), join(dir, '.flow'))

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'load-flow-'))
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  test('gives the same graph for a flow that was loaded before, without a look at its source', async () => {
    writeFileSync(file(), flow('Begins.'))
    const first = await load()
    const second = await load()
    expect(second.package.hash).toBe(first.package.hash)
    expect(second.graph).toEqual(first.graph)
    expect(second.graph.steps.get('start')).toMatchObject({ doc: 'Begins.', line: 4 })
    const kept = join(first.package.dir, 'checked.json')
    writeFileSync(kept, readFileSync(kept, 'utf8').replace('Begins.', 'Kept.'))
    expect((await load()).graph.steps.get('start')?.doc).toBe('Kept.')
  })

  test('reads a source again that has changed, be it by a comment', async () => {
    writeFileSync(file(), flow('Begins.'))
    await load()
    writeFileSync(file(), flow('Begins anew.'))
    expect((await load()).graph.steps.get('start')?.doc).toBe('Begins anew.')
    writeFileSync(file(), flow('Goes nowhere.', 'this.next(this.nowhere)'))
    await expect(load()).rejects.toMatchObject({ code: expect.stringContaining('FLOW_LINT') as string })
    await expect(load()).rejects.toMatchObject({ code: expect.stringContaining('FLOW_LINT') as string })
  })

  test('checks a flow again that had a problem', async () => {
    const bad = flow('Begins.').replace('@step start', "@catchFailure({ as: 'end' })\n  @step start")
    writeFileSync(file(), bad.replace('{ Flow', '{ catchFailure, Flow'))
    const problems = [await load().catch(codeOf), await load().catch(codeOf)]
    expect(problems[0]).toMatch(/^FLOW_/)
    expect(problems[1]).toBe(problems[0])
  })
})

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown }).code
}
