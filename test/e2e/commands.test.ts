// @module-tag user
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { client } from '@flow/core/client'
import { expect, onTestFinished, test } from 'vitest'
import { expectCoded, expectOk, Project } from './harness/index.js'

test('init makes a flow that runs', async () => {
  const project = new Project()
  const folder = mkdtempSync(join(project.dir, 'first-'))
  const end = await project.flow(['init'], { cwd: folder })
  expectOk(end)
  expect(existsSync(join(folder, 'flow.ts'))).toBe(true)
  expectOk(await project.flow(['check', 'flow.ts'], { cwd: folder }))
  expectOk(await project.flow(['run', 'flow.ts'], { cwd: folder }))
})

test('check, show, dry run, doctor and package list run nothing', async () => {
  const project = new Project()
  const file = project.use('gang.ts')
  expectOk(await project.flow(['check', file]))
  const show = await project.flow(['show', file])
  for (const step of ['start', 'work', 'join', 'end']) expect(show.stdout).toContain(step)
  expect((await project.flow(['show', file, '--dot'])).stdout).toMatch(/^digraph[^]*work[^]*->[^]*\}\s*$/)
  const plan = JSON.parse((await project.flow(['run', file, '--dry-run', '--json'])).stdout) as {
    flow: string
    steps: { step: string; gang?: { size: number; workers: string } }[]
  }
  expect(plan.flow).toBe('Gang')
  expect(plan.steps.find(step => step.step === 'work')?.gang).toMatchObject({ size: 0, workers: 'body' })
  expect((await project.flow(['run', file, '--dry-run'])).stdout).toMatch(/^ +size: known when the step before it/m)
  const doctor = await project.flow(['doctor', file])
  expectOk(doctor)
  // Only root has a cgroup on every machine.
  expect(doctor.stdout).toMatch(process.getuid?.() === 0 ? / cgroup \(every step/ : /cgroup \(every step/)
  expect((await project.flow(['package', 'list', file])).stdout).toContain('gang.ts')
  expect((await project.flow(['list'])).stdout).toBe('nothing has run here yet\n')
})

test('the verdict is one everywhere: end of the run, logs, events, client; the log itself is left as it was', async () => {
  const project = new Project()
  const end = await project.run('gang-exits.ts', ['--how', 'kill', '--who', '1', '--nodes', '2'])
  const shown = /node 1 was killed by SIGKILL\n {2}hint: .*Out of memory.*\n\n {2}│ last words of node 1\n/
  expect(end.stderr).toMatch(shown)
  const verdict = {
    outcome: 'user-error',
    message: expect.stringContaining('node 1 was killed by SIGKILL'),
    first: expect.objectContaining({ node: 1, signal: 'SIGKILL', excerpt: expect.stringContaining('last words') }),
    victims: expect.any(Array),
    hint: expect.stringContaining('Out of memory'),
    timeline: expect.objectContaining({ barrier: expect.any(Number), total: expect.any(Number) }),
  }
  expect(end.events.find(event => event.type === 'task.ended' && event['step'] === 'work')).toMatchObject({ verdict })
  using past = client(project.home)
  expect(past.task(end.task('work')).verdict).toMatchObject(verdict)
  const logs = await project.flow(['logs', end.task('work')])
  expectOk(logs)
  expect(logs.stdout).toContain('last words of node 1')
  expect(logs.stdout).not.toContain('hint:')
  expect(logs.stderr).toMatch(shown)
  expect(logs.stderr).toMatch(/timeline: .*barrier .*total /)
  expect((await project.flow(['logs', end.task('work'), '--json'])).stderr).toBe('')
})

test('logs, dump and list of a run that was', async () => {
  const project = new Project()
  expectOk(await project.run('gang.ts', ['--nodes', '2', '--tag', 'first']))
  expect((await project.flow(['list'])).stdout).toMatch(/Gang\/1 +ok .*first/)
  expect((await project.flow(['list', 'Gang/1'])).stdout).toMatch(/Gang\/1\/work\/2 +ok +2 /)
  expect(JSON.parse((await project.flow(['list', 'tasks', 'Gang/1', '--json'])).stdout)).toHaveLength(4)
  expect((await project.flow(['logs', 'Gang/1/end/4'])).stdout).toBe(
    '0: 1000 1001, file of node 0\n1: 1000 1001, file of node 1\nfrom start\n',
  )
  const node = await project.flow(['logs', 'Gang/1/work/2', '--node', '1'])
  expect(
    node.stdout
      .split('\n')
      .filter(Boolean)
      .every(line => line.startsWith('[1/work/2@1] ')),
  ).toBe(true)
  expect((await project.flow(['logs', 'Gang', '--timestamps'])).stdout).toMatch(
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \[1\/work\/2@/,
  )
  expect((await project.flow(['logs', 'Gang/1', '--stderr'])).stdout).toBe('')
  expect((await project.flow(['dump', 'Gang/1/work/2@1'])).stdout).toMatch(/index: 1/)
  expectCoded(await project.flow(['logs', 'Gang/7']), 'FLOW_PATH_NOT_FOUND', 2)
  expectCoded(await project.flow(['dump', 'Gang/1/work/9']), 'FLOW_PATH_NOT_FOUND', 2)
  expectCoded(await project.flow(['logs', 'not a path']), 'FLOW_PATH_INVALID', 2)
  expectCoded(await project.flow(['kill', 'Gang/1']), 'FLOW_RUN_NOT_RUNNING')
})

test('logs --follow shows what comes while the run goes on, and ends with it', async () => {
  const project = new Project()
  const run = project.startRun('waits.ts')
  await run.line('waiting')
  const follow = project.start(['logs', 'Waits/1', '--follow'])
  await follow.output('waiting')
  run.kill('SIGINT')
  expect((await run.ended).exitCode).toBe(130)
  const end = await follow.ended
  expect(end.stdout).toMatch(/SIGTERM at/)
  expect(end.exitCode).toBe(0)
})

test('FLOW_HOME holds everything, for a flow of any folder', async () => {
  const project = new Project()
  const home = mkdtempSync(join(tmpdir(), 'e2e-home-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  expectOk(await project.run('linear.ts', [], { env: { FLOW_HOME: home } }))
  expect(existsSync(project.home)).toBe(false)
  expect((await project.flow(['list'], { env: { FLOW_HOME: home }, cwd: home })).stdout).toMatch(/Linear\/1 +ok/)
})

test('what the top level of a flow prints is not in what a command prints for programs', async () => {
  const project = new Project()
  project.write(
    'chatty.ts',
    `import { Flow, step } from '@flow/core'
console.log('from the top level')
export default class Chatty extends Flow { @step start() { this.next(this.end) } @step end() {} }
`,
  )
  const commands = [['check'], ['show'], ['doctor'], ['package', 'list'], ['run', '--dry-run']]
  for (const [command = '', ...more] of commands) {
    const words = command === 'run' ? [command, 'chatty.ts', ...more] : [command, ...more, 'chatty.ts']
    const end = await project.flow([...words, '--json'])
    expect(JSON.parse(end.stdout)).toBeTypeOf('object')
    expect(end.stderr).toContain('from the top level')
  }
})
