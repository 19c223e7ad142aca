import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { Fence, FENCE_VARIABLE } from '../../src/process/index.js'
import { exitOf, firstLine, isAlive, start, tempDir } from '../process/processes.js'

const script = join(import.meta.dirname, '../../scripts/supervisor.sh')

/** A node whose agent is a shell program. */
class Node {
  readonly fence = randomUUID().replaceAll('-', '')
  readonly attemptDir = tempDir()
  readonly dir = join(this.attemptDir, '0')
  readonly supervisor: ChildProcess

  constructor(
    agent: string,
    options: { readonly grace?: number; readonly stderr?: 'pipe'; readonly orchestrator?: number } = {},
  ) {
    const command = [
      '/bin/sh',
      script,
      this.dir,
      this.fence,
      String(options.grace ?? 60),
      String(options.orchestrator ?? process.pid),
      '/bin/sh',
      '-c',
      agent,
    ] as const
    const stdio = ['pipe', 'pipe', options.stderr ?? 'ignore', 'pipe'] as const
    this.supervisor = start([...command], {
      stdio: [...stdio],
      env: { PATH: process.env['PATH'] ?? '', F: this.fence },
    })
  }

  /** What the agent printed first. */
  said(): Promise<string> {
    return firstLine(this.supervisor)
  }

  breakLifeline(): void {
    ;(this.supervisor.stdio[3] as Writable).end()
  }
}

/** Starts a program inside of the fence that outlives the agent, and prints its id. */
const LEAVE = `id=$(${FENCE_VARIABLE}=$F setsid sh -c 'sleep 600 >/dev/null & echo $!'); echo $id`

describe.runIf(process.platform === 'linux')('the supervisor of a node', () => {
  test.each([0, 1, 3, 70, 255])('passes on exit code %i and removes the directory it made', async code => {
    const node = new Node(`exit ${code}`)
    expect(await exitOf(node.supervisor)).toEqual({ exitCode: code, signal: null })
    expect(existsSync(node.dir)).toBe(false)
    expect(existsSync(node.attemptDir)).toBe(true)
  })

  test('makes the directory private, with the FIFO of events', async () => {
    const node = new Node('echo ready; read line')
    await node.said()
    expect(statSync(node.dir).mode & 0o777).toBe(0o700)
    const fifo = statSync(join(node.dir, 'events'))
    expect([fifo.isFIFO(), fifo.mode & 0o777]).toEqual([true, 0o600])
    node.supervisor.stdin?.end()
    expect(await exitOf(node.supervisor)).toEqual({ exitCode: 1, signal: null })
  })

  test('hands the link on to the agent, and the lifeline not', async () => {
    const node = new Node('[ -e /proc/self/fd/3 ] && exit 9; read line; echo "heard $line"')
    node.supervisor.stdin?.write('hello\n')
    expect(await node.said()).toBe('heard hello')
    expect(await exitOf(node.supervisor)).toEqual({ exitCode: 0, signal: null })
  })

  test('kills what is left in the fence of an agent that failed', async () => {
    const node = new Node(`${LEAVE}; exit 3`)
    const left = Number(await node.said())
    expect(await exitOf(node.supervisor)).toEqual({ exitCode: 3, signal: null })
    expect(isAlive(left)).toBe(false)
    expect(new Fence(node.fence).members()).toEqual([])
    expect(existsSync(node.dir)).toBe(false)
  })

  test('kills what is left in the fence of an agent that was killed', async () => {
    const node = new Node(`${LEAVE}; echo $$; kill -KILL $$`)
    const left = Number(await node.said())
    expect(await exitOf(node.supervisor)).toEqual({ exitCode: 137, signal: null })
    expect(isAlive(left)).toBe(false)
    expect(existsSync(node.dir)).toBe(false)
  })

  test('cleans up where nobody reads what the shell says of an agent that was killed', async () => {
    // Only while it waits for the agent does the shell say so.
    const isWaiting = 'grep -q "^State:.S" /proc/$PPID/status'
    const node = new Node(`echo ready; read line; until ${isWaiting}; do :; done; kill -KILL $$`, { stderr: 'pipe' })
    await node.said()
    const { stdin, stderr } = node.supervisor
    stderr?.destroy()
    if (stderr !== null) await once(stderr, 'close')
    stdin?.end()
    expect(await exitOf(node.supervisor)).toEqual({ exitCode: 137, signal: null })
    expect(existsSync(node.dir)).toBe(false)
  })

  test('removes the directory of the attempt when the orchestrator was gone before it began', async () => {
    const gone = start(['true'], {})
    await exitOf(gone)
    const node = new Node('exit 1', { orchestrator: gone.pid ?? 0 })
    expect(await exitOf(node.supervisor)).toEqual({ exitCode: 1, signal: null })
    expect(existsSync(node.attemptDir)).toBe(false)
  })

  test('and when it is dead, and its parent has not looked', async () => {
    // `exec` makes the shell a parent that never waits.
    const parent = start(['sh', '-c', 'true & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] })
    const zombie = Number(await firstLine(parent))
    const node = new Node('exit 1', { orchestrator: zombie })
    expect(await exitOf(node.supervisor)).toEqual({ exitCode: 1, signal: null })
    expect(existsSync(node.attemptDir)).toBe(false)
    parent.kill('SIGKILL')
  })

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('tells the agent of %s and waits for it', async signal => {
    const node = new Node('trap "exit 5" TERM; echo ready; read line')
    await node.said()
    node.supervisor.kill(signal)
    expect(await exitOf(node.supervisor)).toEqual({ exitCode: 5, signal: null })
    expect(existsSync(node.dir)).toBe(false)
  })

  test('at the end of the lifeline the agent may end by itself', async () => {
    const node = new Node('trap "exit 6" TERM; echo ready; read line')
    await node.said()
    node.breakLifeline()
    expect(await exitOf(node.supervisor)).toEqual({ exitCode: 6, signal: null })
  })

  test('at the end of the lifeline and the grace an agent that does not end is killed, with its fence', async () => {
    const node = new Node(`trap "" TERM; ${LEAVE}; while :; do read line || :; done`, { grace: 0 })
    const left = Number(await node.said())
    node.breakLifeline()
    expect(await exitOf(node.supervisor)).toEqual({ exitCode: 137, signal: null })
    expect(isAlive(left)).toBe(false)
    expect(existsSync(node.dir)).toBe(false)
  })

  test('refuses a directory that cannot be made', async () => {
    const attemptDir = tempDir()
    writeFileSync(join(attemptDir, '0'), 'a file is in the way')
    const supervisor = start(['/bin/sh', script, join(attemptDir, '0'), 'x', '1', 'true'])
    expect(await exitOf(supervisor)).toEqual({ exitCode: 70, signal: null })
  })

  test('removes the directory of the attempt when the orchestrator is gone', async () => {
    const attemptDir = join(tempDir(), 'attempt')
    mkdirSync(attemptDir)
    for (const name of ['owner', 'rank.sh']) writeFileSync(join(attemptDir, name), '')
    const starts = '/bin/sh "$1" "$2" "$3" 60 $$ /bin/sh -c "echo ready; exec sleep 600" & wait'
    const orchestrator = start(['/bin/sh', '-c', starts, 'sh', script, join(attemptDir, '0'), randomUUID()], {
      stdio: ['pipe', 'pipe', 'ignore', 'pipe'],
    })
    await firstLine(orchestrator)
    const closed = once(orchestrator, 'close')
    orchestrator.kill('SIGKILL')
    await exitOf(orchestrator)
    ;(orchestrator.stdio[3] as Writable).end()
    // Its output is also the supervisor's.
    await closed
    expect(existsSync(attemptDir)).toBe(false)
  })
})
