// @module-tag user
import { rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import {
  commandOf,
  expectCoded,
  expectNoStack,
  expectNothingLeft,
  expectOk,
  parentOf,
  Project,
} from './harness/index.js'

const cases: Readonly<Record<string, RegExp>> = {
  throw: /TypeError: thrown by the step[^]*exits\.ts:\d+[^]*caused by Error: the deeper cause[^]*exits\.ts:\d+/,
  'throw-text': /a text/,
  exit: /exited with code 3[^]*last words on stderr/,
  'exit-0': /exited with code 0 before its step ended/,
  kill: /killed by SIGKILL[^]*last words on stderr/,
  reject: /RangeError: rejected and not awaited[^]*exits\.ts:\d+/,
  'reject-last': /RangeError: rejected as the last thing[^]*exits\.ts:\d+/,
  callback: /thrown in a callback[^]*exits\.ts:\d+/,
  unstorable: /FLOW_ARTIFACT_UNSTORABLE[^]*broken/,
  stuck: /before its step ended/,
}

test.for(Object.entries(cases))('a step that ends by %s', async ([how, said]) => {
  const project = new Project()
  const end = await project.run('exits.ts', ['--how', how])
  expect(end.stderr).toMatch(said)
  expect(end.stderr).toContain('Exits/1/start/1')
  expect(end.exitCode).toBe(1)
  expectNoStack(end)
  expect(end.events.at(-1)).toMatchObject({ type: 'run.ended', outcome: 'user-error', exitCode: 1 })
  expectNothingLeft(project, end)
})

test("a step's process that is killed before it had its task is named, and the run ends", async () => {
  const project = new Project()
  const go = project.write('go', '')
  rmSync(go)
  project.write(
    'flow.ts',
    `import { existsSync } from 'node:fs'
import { Flow, type Inputs, parallel, step } from '@flow/core'
export default class Warm extends Flow {
  @step start() { this.next(this.work, { numParallel: 2 }) }
  @parallel()
  @step async work() {
    console.log('runs')
    while (!existsSync('${go}')) await new Promise(resolve => setTimeout(resolve, 20))
    this.next(this.join)
  }
  @step join(inputs: Inputs<this>) { void inputs; this.next(this.end) }
  @step end() {}
}
`,
  )
  const run = project.start(['run', 'flow.ts', '--json'])
  await run.line('runs')
  // The process of the join is started before it is needed, when the gang has had time to start its programs.
  const warm = (): readonly number[] =>
    project.processes().filter(pid => parentOf(pid) === run.pid && commandOf(pid).includes('body.mjs'))
  await expect.poll(warm, { timeout: 10_000 }).toHaveLength(2)
  for (const pid of warm()) process.kill(pid, 'SIGKILL')
  // Their ends have been seen, and their output is over.
  await delay(300)
  project.write('go', '')
  const end = await run.ended
  expect(end.exitCode).toBe(1)
  expect(end.stderr).toContain('the process was killed by SIGKILL before its step ended')
  expectNoStack(end)
  expectNothingLeft(project, end)
})

test('a step that throws after next, and one whose call is not awaited', async () => {
  const project = new Project()
  const end = await project.run('no-next.ts')
  expect(end.stderr).toMatch(/middle[^]*after next/)
  expect(end.exitCode).toBe(1)
  project.write(
    'late.ts',
    `import { Flow, step } from '@flow/core'
export default class Late extends Flow {
  @step start() {
    const go = this.next
    void go
  }
  @step end() {}
}
`,
  )
  expectCoded(await project.flow(['run', 'late.ts']), 'FLOW_LINT_NEXT_')
})

test('programs that a step leaves behind end with it, and its end does not wait for them', async () => {
  const project = new Project()
  const end = await project.run('background.ts')
  expectOk(end)
  expectNothingLeft(project, end)
})

test('one of two branches fails: the other is stopped', async () => {
  const project = new Project()
  project.write(
    'two.ts',
    `import { Flow, type Inputs, step } from '@flow/core'
export default class Two extends Flow {
  @step start() { this.next(this.bad, this.good) }
  @step bad() { throw new Error('the bad branch'); this.next(this.join) }
  @step async good() { setInterval(() => undefined, 1000); await new Promise(() => undefined); this.next(this.join) }
  @step join(inputs: Inputs<this>) { void inputs; this.next(this.end) }
  @step end() {}
}
`,
  )
  const end = await project.flow(['run', 'two.ts', '--json', '--max-workers', '2'])
  expect(end.exitCode).toBe(1)
  expect(end.stderr).toContain('the bad branch')
  expect(
    end.events
      .filter(event => event.type === 'task.ended')
      .map(event => String(event.outcome))
      .toSorted(),
  ).toEqual(['cancelled', 'ok', 'user-error'])
  expectNothingLeft(project, end)
})
