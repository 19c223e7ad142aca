import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { findProgram } from '@flow/core'
import { expect, test, vi } from 'vitest'
import {
  commandOf,
  expectCoded,
  expectNothingLeft,
  expectNoStack,
  expectOk,
  expectSaved,
  type Finished,
  parentOf,
  Project,
  savesPy,
} from './harness/index.js'

// The first makes the environment: PyTorch is large.
vi.setConfig({ testTimeout: 600_000 })

const program = readFileSync(join(import.meta.dirname, 'programs/deepspeed_rank.py'), 'utf8')
const cases = readFileSync(join(import.meta.dirname, 'flows/deepspeed-cases.ts'), 'utf8')
const plain = readFileSync(join(import.meta.dirname, '../../bench/flows/deepspeed_reduce.py'), 'utf8')
const words = ['a  b', `$HOME "q" 50% 'x'`, '*']

interface Answer {
  readonly output?: { readonly words: unknown; readonly localRank: unknown; readonly environment: readonly string[] }
  readonly ranks?: number
  readonly code?: string
  readonly text?: string
}

type Case = Readonly<Record<string, unknown>>

function how(launcher: string | undefined, what: string, more: Case = {}): Case {
  return { entrypoint: 'deepspeed_rank.py', entrypointArgs: [what, ...words], launcher, ...more }
}

/** Rank 3 raises in the first attempt, and all wait in the second. Each looks for traces of another, and leaves one. */
const RETRIED = `import { existsSync, writeFileSync } from 'node:fs'
import { current, Flow, type Inputs, pypi, resources, retry, step } from '@flow/core'
import { deepspeed } from '@flow/deepspeed'
export default class Retried extends Flow {
  @step start() { this.next(this.work, { numParallel: 2 }) }
  @retry({ times: 1, on: ['user-error'] })
  @pypi({ packages: { torch: '2.13.0', numpy: '2.3.5', deepspeed: '0.19.8' } })
  @resources({ cpu: 2 })
  @deepspeed()
  @step async work() {
    console.log('traces', existsSync('trace'))
    writeFileSync('trace', '')
    const entrypointArgs = [current.attempt === 0 ? 'raise' : 'wait']
    await current.deepspeed.run({ entrypoint: 'deepspeed_rank.py', entrypointArgs })
    this.next(this.join)
  }
  @step join(inputs: Inputs<this>) { this.next(this.end) }
  @step end() {}
}
`

function projectWith(): Project {
  const project = new Project()
  project.write('deepspeed_rank.py', program)
  return project
}

async function answersOf(
  project: Project,
  lists: readonly (readonly Case[])[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly end: Finished; readonly answers: readonly Answer[] }> {
  const end = await project.run('deepspeed-cases.ts', ['--cases', JSON.stringify(lists)], { env })
  expectOk(end)
  expectNothingLeft(project, end)
  return { end, answers: JSON.parse(end.lines('end')[0] ?? '[]') as Answer[] }
}

test('each launcher runs a plain program, and names the rank that fails', async () => {
  const project = projectWith()
  project.write('imports.py', 'import no_such_module\n')
  // Written for the command `deepspeed`: not a line of it knows of Flow.
  project.write('plain.py', plain)
  project.write('hosts', 'node1 slots=1\nnode0 slots=2\n')
  // DeepSpeed itself would send on what this has.
  project.write('.deepspeed_env', 'FROM_FILE=secret\n')
  const { end, answers } = await answersOf(
    project,
    [
      [how('perNode', 'ok', { env: { OF_THE_RUN: '1' } }), how('perNode', 'kill'), { entrypoint: 'plain.py' }],
      [how('pdsh', 'ok'), how('pdsh', 'exit')],
      [
        how('openmpi', 'ok', { env: { OF_THE_RUN: '1' } }),
        how('openmpi', 'raise'),
        how('openmpi', 'exit'),
        how('openmpi', 'kill'),
        how('openmpi', 'hosts', { deepspeedArgs: { hostfile: 'hosts' } }),
        { entrypoint: 'imports.py', launcher: 'openmpi' },
        { entrypoint: './no-such-program', launcher: 'openmpi' },
        { entrypoint: 'no-such-script.py' },
        how('mpich', 'ok'),
        how('perNode', 'ok', { deepspeedArgs: ['--hostfile', 'no-such-file'] }),
        how('perNode', 'ok', { deepspeedArgs: { nodeRank: 1 } }),
        how('perNode', 'ok', { cwd: 'of-control', entrypoint: '../deepspeed_rank.py' }),
      ],
    ],
    { SECRET_TOKEN: 'secret', NCCL_DEBUG: 'WARN' },
  )
  const [perNode, perNodeKill, ofPlain, pdsh, pdshExit, openmpi, raise, exit, kill, hosts, ...rest] = answers
  const [imports, missing, script, mpich, hostfile, option, folder] = rest
  for (const one of [perNode, pdsh, openmpi]) expect(one).toMatchObject({ ranks: 4, output: { sum: 6, words } })
  expect(perNode?.output?.localRank).toBe('0')
  for (const one of [perNode, openmpi]) {
    expect(one?.output?.environment).toEqual(expect.arrayContaining(['OF_THE_RUN', 'NCCL_DEBUG', 'LOCAL_RANK']))
    expect(one?.output?.environment).not.toContain('SECRET_TOKEN')
    expect(one?.output?.environment).not.toContain('FROM_FILE')
  }
  const killed = { code: 'FLOW_DEEPSPEED_RANK_KILLED', text: expect.stringContaining('ank 3 on node1 was killed') }
  const exited = {
    code: 'FLOW_DEEPSPEED_RANK_FAILED',
    text: expect.stringContaining('ank 3 on node1 exited with code 3'),
  }
  expect(perNodeKill).toMatchObject(killed)
  expect(ofPlain).toEqual({ ranks: 4 })
  expect(end.lines('work')).toContain('4 ranks, sum 6')
  expect(pdshExit).toMatchObject(exited)
  expect(exit).toMatchObject(exited)
  expect(kill).toMatchObject(killed)
  expect(raise).toMatchObject({ code: 'FLOW_DEEPSPEED_RANK_FAILED' })
  expect(raise?.text).toContain('ValueError: rank 3 does not like this')
  expect(hosts).toMatchObject({ ranks: 3, output: { sum: 3 } })
  expect(end.lines('work').filter(line => line.startsWith('hosts: '))).toHaveLength(3)
  expect(imports).toMatchObject({ code: 'FLOW_DEEPSPEED_RANK_FAILED' })
  expect(imports?.text).toContain("No module named 'no_such_module'")
  expect(missing).toMatchObject({ code: 'FLOW_DEEPSPEED_PROGRAM_MISSING' })
  expect(script).toMatchObject({ code: 'FLOW_DEEPSPEED_PROGRAM_MISSING' })
  expect(mpich).toMatchObject({ code: 'FLOW_DEEPSPEED_LAUNCHER_MISSING' })
  expect(hostfile).toMatchObject({ code: 'FLOW_DEEPSPEED_HOSTFILE' })
  expect(option).toMatchObject({ code: 'FLOW_DEEPSPEED_OPTIONS' })
  expect(folder).toMatchObject({ code: 'FLOW_PROGRAM_NOT_STARTED' })
  expect(folder?.text).toMatch(/there is no folder .*of-control to start it in \(node1\)/)
})

test('launcher mpich, where its mpirun comes first', async () => {
  const project = projectWith()
  const bin = join(project.dir, 'bin')
  mkdirSync(bin)
  // Hydra looks for its proxy beside itself.
  for (const [name, found] of Object.entries({ mpirun: 'mpirun.mpich', hydra_pmi_proxy: 'hydra_pmi_proxy' }))
    symlinkSync((await findProgram(found, process.env)) ?? found, join(bin, name))
  const { answers } = await answersOf(project, [[how('mpich', 'ok'), how('mpich', 'raise')]], {
    PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`,
  })
  expect(answers[0]).toMatchObject({ ranks: 4, output: { sum: 6, words } })
  expect(answers[1]).toMatchObject({ code: 'FLOW_DEEPSPEED_RANK_FAILED' })
  expect(answers[1]?.text).toContain('ValueError: rank 3 does not like this')
})

test("by pdsh and the mesh's SSH: a rank that raises, or a launcher that is killed, ends the run and is named", async () => {
  const project = projectWith()
  project.write('flow.ts', cases.replace('@deepspeed()', "@deepspeed({ launcher: 'pdsh' })"))
  const lists = JSON.stringify([[how(undefined, 'raise')]])
  const end = await project.start(['run', 'flow.ts', '--json', '--cases', lists, '--throws']).ended
  expectCoded(end, 'FLOW_DEEPSPEED_RANK_FAILED')
  expect(end.stderr).toMatch(/rank 3 on node ?1 exited with code 1/i)
  expect(end.stderr).toContain('ValueError: rank 3 does not like this')
  // What the launcher on node 1 says comes by SSH, and pdsh says from where.
  expect(end.events.some(({ node, text }) => node === 0 && text?.startsWith('node1: ') === true)).toBe(true)
  expectNothingLeft(project, end)

  const waits = JSON.stringify([[how(undefined, 'wait')]])
  const run = project.start(['run', 'flow.ts', '--json', '--cases', waits, '--throws'])
  await Promise.all([0, 1, 2, 3].map(rank => run.line(`wait: rank ${rank} of 4`)))
  const launcher = project.find(
    command => /^python3 -u -c .*deepspeed\.launcher/.test(command) && command.includes('--node_rank=1'),
  )
  process.kill(launcher, 'SIGKILL')
  const killed = await run.ended
  expectCoded(killed, 'FLOW_DEEPSPEED_LAUNCH_FAILED')
  expect(killed.stderr).toContain('the launcher daemon of node 1 was killed by SIGKILL')
  expectNothingLeft(project, killed)
})

test('on a single node: an ordinary step, with several ranks', async () => {
  const project = projectWith()
  const flow = cases
    .replace('@deepspeed()', '@deepspeed({ singleNode: true })')
    .replace('this.next(this.work, { numParallel: 2 })', 'this.next(this.work)')
    .replace('this.next(this.join)', 'this.next(this.end)')
    .replace(/@step join\([\s\S]*?\n  \}\n/, '')
    .replace('type Inputs, ', '')
  project.write('flow.ts', flow)
  const lists = JSON.stringify([[how('openmpi', 'ok')]])
  const end = await project.start(['run', 'flow.ts', '--json', '--cases', lists]).ended
  expectOk(end)
  expect(JSON.parse(end.lines('end')[0] ?? '[]')).toMatchObject([{ ranks: 2, output: { sum: 1 } }])
  expectNothingLeft(project, end)
})

test("tried again on a fresh gang; its worker's agent is killed; until then no rank and no file had a secret of flow's", async () => {
  const project = projectWith()
  const secret = 'hunter2-of-the-parent'
  project.write('flow.ts', RETRIED)
  const run = project.start(['run', 'flow.ts', '--json'], { env: { SECRET_TOKEN: secret } })
  await Promise.all([0, 1, 2, 3].map(rank => run.line(`wait: rank ${rank} of 4`)))
  const ranks = project.processes().filter(pid => commandOf(pid).startsWith('python3 deepspeed_rank.py'))
  expect(ranks).toHaveLength(4)
  for (const pid of ranks) expect(readFileSync(`/proc/${pid}/environ`, 'latin1')).not.toContain(secret)
  const launcher = project.find(command => command.includes('--node_rank=1'))
  const attempt = /\S*\/flow-[A-Za-z0-9]{6}(?=\/rank\.sh)/.exec(commandOf(launcher))?.[0] ?? '/nowhere'
  const withSecret = filesUnder(attempt).filter(path => readFileSync(path, 'latin1').includes(secret))
  expect(withSecret).toEqual([])
  process.kill(parentOf(launcher), 'SIGKILL')
  const end = await run.ended
  expect(end.exitCode).toBe(1)
  expect(end.stderr).toContain('node 1 was lost: its agent was killed by SIGKILL')
  const retrying = end.events.filter(({ type }) => type === 'task.retrying')
  expect(retrying).toHaveLength(1)
  expect(JSON.stringify(end.events)).toContain('rank 3 on node 1 exited with code 1')
  expect(end.lines('work').filter(line => line.startsWith('traces '))).toEqual(['traces false', 'traces false'])
  expectNoStack(end)
  expectNothingLeft(project, end)
})

test('ranks that save what they have get the grace for it, and are told once', async () => {
  const project = new Project()
  project.write('saves.py', savesPy)
  project.write('flow.ts', RETRIED.replace(/@retry.*/, '').replace('deepspeed_rank.py', 'saves.py'))
  await expectSaved(project, project.start(['run', 'flow.ts', '--json']), 4, 'the last rank is killed')
})

test('DeepSpeed is not installed: a coded error', async () => {
  const project = projectWith()
  project.write('flow.ts', cases.replace(/@pypi\(.*\)/, '@pypi({ packages: {} })'))
  const lists = JSON.stringify([[how('perNode', 'ok')]])
  const end = await project.start(['run', 'flow.ts', '--json', '--cases', lists, '--throws']).ended
  expectCoded(end, 'FLOW_DEEPSPEED_MISSING')
  expectNothingLeft(project, end)
})

test('the example deepspeed-bert: training goes on from the checkpoint', async () => {
  const project = new Project('deepspeed-bert')
  project.useExample('deepspeed-bert')
  const end = await project.start(['run', 'flow.ts', '--json']).ended
  expectOk(end)
  expect(end.lines('end').join('\n')).toMatch(/loss 3\.\d\d; after the checkpoint 0\.\d\d → 0\.\d\d \(60 steps\)/)
  expectNothingLeft(project, end)
})

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
}
