import { cpSync, existsSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import {
  commandOf,
  expectNoStack,
  expectNothingLeft,
  expectOk,
  type Finished,
  type FlowProcess,
  parentOf,
  Project,
} from './harness/index.js'

const root = resolve(import.meta.dirname, '../..')
const here = sharedPlaces()

/** What Ray would leave in places that all of its clusters share, and that other users' programs may use right now. */
function sharedPlaces(): string[] {
  return ['/tmp/ray', '/dev/shm']
    .flatMap(path => (existsSync(path) ? readdirSync(path).map(name => join(path, name)) : []))
    .filter(path => statSync(path, { throwIfNoEntry: false })?.uid === process.getuid?.())
}

function expectNoRayLeft(project: Project, end: Finished): void {
  expectNothingLeft(project, end)
  expect(sharedPlaces().filter(path => !here.includes(path))).toEqual([])
}

function projectWith(): Project {
  const project = new Project()
  cpSync(join(root, 'test/e2e/programs'), project.dir, { recursive: true })
  return project
}

/** The process of node `node` whose command has `text`. */
function processOf(project: Project, node: number, text: string): number {
  const found = project.processes().find(pid => {
    const command = commandOf(pid)
    return command.includes(text) && command.includes(`/${node}/ray`)
  })
  if (found === undefined) throw new Error(`node ${node} has no ${text}`)
  return found
}

async function tasksBegan(run: FlowProcess): Promise<void> {
  await run.line('tasks begin')
}

interface Answer {
  readonly code: string
  readonly message: string
  readonly why: string
  readonly exitCode: number | null
  readonly stdout: string
}

test('one cluster: its nodes, programs, jobs, and every way in which they fail', async () => {
  const project = projectWith()
  const end = await project.run('ray-calls.ts')
  expectOk(end)
  const answers = JSON.parse(end.lines('end')[0] ?? '') as Record<string, unknown>
  const answer = (name: string): Answer => answers[name] as Answer
  const cluster = answers['cluster'] as {
    address: string
    dashboardUrl: string
    storagePath: string
    nodes: { node: number; address: string; resources: Record<string, number> }[]
  }
  const addresses = cluster.nodes.map(node => node.address)
  expect(cluster.nodes.map(({ node }) => node)).toEqual([0, 1])
  expect(cluster.address).toContain(`${addresses[0]}:`)
  expect(cluster.dashboardUrl).toContain(`http://${addresses[0]}:`)
  for (const { resources } of cluster.nodes) {
    expect(resources).toMatchObject({ CPU: 1, memory: 512 * 1024 ** 2, object_store_memory: 100 * 1024 ** 2 })
  }
  expect(answers['http']).toEqual([401, 200])

  expect(answers['run']).toEqual({ given: { one: 1 }, nodes: addresses, arguments: ['a b', '1'] })
  expect(answers['plain']).toBe('14 from 2 nodes\n')
  expect(answers['job']).toMatchObject({
    jobId: 'work-1',
    output: { given: [2], nodes: addresses, arguments: ["it's"] },
    stdout: expect.stringContaining('tasks begin') as unknown,
  })
  // Tasks say it on the node where they run.
  for (const node of [0, 1]) {
    const lines = end.events.filter(event => event.type === 'log' && event.node === node).map(event => event.text)
    expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^\\(pid \\d+\\) a task of ${node}$`)))
  }

  expect(answer('import')).toMatchObject({ code: 'FLOW_RAY_RANK_FAILED', exitCode: 1 })
  expect(answer('import').why).toContain("ModuleNotFoundError: No module named 'no_such_module'")
  expect(answer('raise').why).toMatch(/Traceback[^]*ray_calls\.py[^]*RuntimeError: raised on purpose/)
  expect(answer('exit')).toMatchObject({ code: 'FLOW_RAY_RANK_FAILED', exitCode: 3 })
  expect(answer('exit').message).toMatch(/node0.*code 3/)
  expect(answer('exit').why).toContain('about to exit')
  expect(answer('task').why).toContain('ValueError: raised in a task')
  expect(answer('actor')).toMatchObject({ code: 'FLOW_RAY_RANK_FAILED', exitCode: 1 })
  expect(answer('actor').why).toMatch(/Traceback[^]*ray_calls\.py[^]*ActorDiedError/)
  expect(answer('killed').code).toBe('FLOW_RAY_RANK_KILLED')
  expect(answer('killed').message).toContain('SIGKILL')
  expect(answer('file').code).toBe('FLOW_RAY_PROGRAM_MISSING')
  expect(answer('program').code).toBe('FLOW_RAY_PROGRAM_MISSING')
  expect(answer('quote').code).toBe('FLOW_RAY_PROGRAM_INVALID')
  expect(answer('slow').code).toBe('FLOW_RAY_TIMEOUT')
  expect(answer('badJob')).toMatchObject({ code: 'FLOW_RAY_RANK_FAILED', exitCode: 3 })
  expect(answer('badJob').why).toContain('about to exit')
  expect(answer('job69')).toMatchObject({ code: 'FLOW_RAY_RANK_FAILED', exitCode: 69 })
  expect(answers['packed']).toMatch(/^packed in \/.*working_dir_files.* py_executable$/m)
  // A job that is told to end has time for it, and what it says then is seen.
  expect(answer('aborted').code).toBe('FLOW_RAY_CANCELED')
  expect(answer('aborted').stdout).toMatch(/^waits\nsaved$/m)
  expectNoRayLeft(project, end)
})

test.for(['raylet/raylet', 'gcs_server'])('a %s that is killed ends the step, and the message names it', async what => {
  const project = projectWith()
  const run = project.startRun('ray-ends.ts')
  await tasksBegan(run)
  const node = what === 'gcs_server' ? 0 : 1
  const at = Date.now()
  process.kill(processOf(project, node, what), 'SIGKILL')
  const end = await run.ended
  expect(end.exitCode).toBe(1)
  expect(end.stderr).toContain('FLOW_RAY_NODE_LOST')
  expect(end.stderr).toMatch(
    new RegExp(`Ray ended on node ${node}: the ${what.split('/')[0]} .* was killed by SIGKILL`),
  )
  expect(end.events.at(-1)).toMatchObject({ type: 'run.ended', outcome: 'system-error', exitCode: 1 })
  const sigterm = end.lines('work').find(line => line.startsWith('SIGTERM '))
  // 500 ms are promised; machines of CI are busy.
  expect(Number(sigterm?.split(' ')[1]) - at).toBeLessThan(2_000)
  expectNoStack(end)
  expectNoRayLeft(project, end)
})

test('the agent of a worker is killed: its Ray goes with it, and the next attempt has a cluster of its own', async () => {
  const project = projectWith()
  const run = project.startRun('ray-ends.ts')
  await tasksBegan(run)
  process.kill(parentOf(processOf(project, 1, 'programs/node.py')), 'SIGKILL')
  const end = await run.ended
  expectOk(end)
  const retrying = end.events.filter(({ type }) => type === 'task.retrying')
  expect(retrying).toHaveLength(1)
  expect(JSON.stringify(end.events)).toContain('node 1 was lost: its agent was killed by SIGKILL')
  const clusters = end.lines('work').filter(line => line.startsWith('cluster '))
  expect(clusters.map(line => line.split(' of ')[1])).toEqual(['2', '2'])
  expect(new Set(clusters).size).toBe(2)
  expectNoRayLeft(project, end)
})

test('two clusters at once: the failure of one is not the end of the other', async () => {
  const [first, second] = [projectWith(), projectWith()]
  const runs = [first.startRun('ray-ends.ts', ['--how', 'raise']), second.startRun('ray-ends.ts', ['--how', 'fine'])]
  const [bad, good] = (await Promise.all(runs.map(run => run.ended))) as [Finished, Finished]
  expectOk(good)
  expect(bad.exitCode).toBe(1)
  expect(bad.stderr).toContain('FLOW_RAY_RANK_FAILED')
  expect(bad.stderr).toContain('RuntimeError: raised on purpose')
  expect(bad.events.at(-1)).toMatchObject({ type: 'run.ended', outcome: 'user-error', exitCode: 1 })
  expectNoRayLeft(first, bad)
  expectNoRayLeft(second, good)
})

test('no Ray, a `ray start` that fails: coded errors', async () => {
  const project = projectWith()
  const flow = (options: string, pypi: string): string => `import { Flow, type Inputs, pypi, step } from '@flow/core'
import { ray } from '@flow/ray'
export default class Bad extends Flow {
  @step start() { this.next(this.work, { numParallel: 2 }) }
  ${pypi}
  @ray(${options})
  @step work() { console.log('the body ran'); this.next(this.join) }
  @step join(inputs: Inputs<this>) { this.next(this.end) }
  @step end() {}
}
`
  project.write('flow.ts', flow('', ''))
  const missing = await project.start(['run', 'flow.ts', '--json'], { env: { PATH: '/nowhere' } }).ended
  expect(missing.exitCode).toBe(1)
  expect(missing.stderr).toContain('FLOW_RAY_MISSING')
  expect(missing.stderr).toContain("@pypi({ packages: { 'ray[default]'")
  const environment = "@pypi({ packages: { 'ray[default,train]': '2.60.0', 'xgboost-cpu': '3.2.0' } })"
  project.write('flow.ts', flow('{ startArgs: { noSuchOption: true } }', environment))
  const refused = await project.start(['run', 'flow.ts', '--json']).ended
  expect(refused.exitCode).toBe(1)
  expect(refused.stderr).toContain('FLOW_RAY_START_FAILED')
  expect(refused.stderr).toContain('--no-such-option')
  expect(refused.lines()).not.toContain('the body ran')
  expectNoRayLeft(project, refused)
})

test('the example: as good on two nodes as in one process', async () => {
  const project = new Project()
  project.useExample('ray-xgboost')
  const end = await project.start(['run', 'flow.ts', '--json']).ended
  expectOk(end)
  expect(end.lines('end')[0]).toMatch(/^accuracy on 2 nodes 0\.\d+, in one process 0\.\d+$/)
  expectNoRayLeft(project, end)
})
