import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  cgroupDirs,
  expectGone,
  expectNothingLeft,
  expectOk,
  type FlowProcess,
  parentOf,
  Project,
} from './harness/index.js'

const cgroupScript = resolve(import.meta.dirname, '../../packages/core/scripts/cgroup.sh')

/** `escapes.ts` leaves a program behind that no marker finds; the project knows it by the file in its command line. */
function start(project: Project, until: 'start' | 'work', how: 'ok' | 'throws' | 'waits'): FlowProcess {
  const file = project.write('left-behind', '')
  return project.startRun('escapes.ts', ['--file', file, '--until', until, '--how', how])
}

/** Waits until every body of a step has left its program behind; gives the bodies' processes. */
async function bodies(run: FlowProcess, step: 'start' | 'work'): Promise<number[]> {
  const nodes = step === 'work' ? [0, 1] : [undefined]
  const lines = await Promise.all(
    nodes.map(node =>
      run.event(
        event =>
          event.type === 'log' &&
          event.node === node &&
          event.task?.split('/')[2] === step &&
          event.text?.startsWith('waiting ') === true,
      ),
    ),
  )
  return lines.map(event => Number(event.text?.split(' ')[1]))
}

/** Whether this machine, as CI's, lets us make cgroups: without one such a program escapes, as docs/faults.md says. */
const hasCgroups =
  execFileSync('/bin/sh', ['-c', '. "$0"; echo "$cgroup_parent"', cgroupScript], { encoding: 'utf8' }) !== '\n'

describe.runIf(hasCgroups)('a program that only its cgroup tells of', () => {
  test('ends with its step and with its gang', async () => {
    const project = new Project()
    const end = await start(project, 'work', 'ok').ended
    expectOk(end)
    expect(cgroupDirs(end)).not.toEqual([])
    const temps = end.lines().filter(line => line.startsWith('temp '))
    expect(temps).toHaveLength(3)
    for (const line of temps) expect(line).toMatch(/^temp \/[^ ]*\/flow-\w{6}\/(?:\d\/)?tmp\//)
    expectNothingLeft(project, end)
  })

  test.for(['start', 'work'] as const)('ends with a failed %s', async step => {
    const project = new Project()
    const end = await start(project, step, 'throws').ended
    expect(end.exitCode).toBe(1)
    expectNothingLeft(project, end)
  })

  test.for([
    { step: 'start', signal: 'SIGINT' },
    { step: 'start', signal: 'SIGKILL' },
    { step: 'work', signal: 'SIGHUP' },
    { step: 'work', signal: 'SIGKILL' },
  ] as const)('ends when $step is stopped by $signal to flow run', async ({ step, signal }) => {
    const project = new Project()
    const run = start(project, step, 'waits')
    await bodies(run, step)
    run.kill(signal)
    const end = await run.ended
    expect(end.exitCode).toBe(signal === 'SIGKILL' ? null : 130)
    if (signal === 'SIGKILL') {
      await expectGone(() => project.processes(), 7_000)
      await expect.poll(() => cgroupDirs(end).filter(dir => existsSync(dir))).toEqual([])
    }
    expectNothingLeft(project, end)
  })

  test.for([
    { what: 'agent', node: 1 },
    { what: 'supervisor', node: 0 },
  ])('ends when the $what of node $node is killed', async ({ what, node }) => {
    const project = new Project()
    const run = start(project, 'work', 'waits')
    const agent = parentOf((await bodies(run, 'work'))[node] ?? -1)
    process.kill(what === 'agent' ? agent : parentOf(agent), 'SIGKILL')
    const end = await run.ended
    expect(end.stderr).toContain(`node ${node} was lost: its ${what} was killed by SIGKILL`)
    expectNothingLeft(project, end)
  })

  test.for(['start', 'work'] as const)(
    'is ended by the next run when all that guards %s is killed at once',
    async step => {
      const project = new Project()
      const run = start(project, step, 'waits')
      const agents = (await bodies(run, step)).map(parentOf)
      const guards = project.processes().filter(pid => parentOf(pid) === run.pid)
      run.kill('SIGSTOP')
      for (const pid of new Set([...guards, ...agents])) if (pid !== run.pid) process.kill(pid, 'SIGKILL')
      run.kill('SIGKILL')
      const end = await run.ended
      expect(cgroupDirs(end).some(dir => existsSync(dir))).toBe(true)
      expect(project.processes()).not.toEqual([])
      expectOk(await project.run('linear.ts'))
      // What watched the lifeline for a supervisor that was killed ends by itself, after the grace.
      await expectGone(() => project.processes(), 10_000)
      expectNothingLeft(project, end)
    },
  )
})
