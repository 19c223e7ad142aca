import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Fence, FENCE_VARIABLE, startTime } from '../../src/process/fence.js'
import { exitOf, isAlive, shell } from './processes.js'

const newValue = (): string => randomUUID().replaceAll('-', '')
const marked = (value: string): Record<string, string> => ({ [FENCE_VARIABLE]: value })
/** Prints the id of a `sleep` that belongs to nobody any more, in a session of its own. */
const DOUBLE_FORK = 'id=$(setsid sh -c "sleep 600 >/dev/null & echo \\$!"); echo "$id"; exec sleep 600'

describe.runIf(process.platform === 'linux')('a fence', () => {
  test('has every process with its marker: children, new sessions, those whose parent has gone', async () => {
    const value = newValue()
    const fence = new Fence(value)
    const { child, line } = await shell(DOUBLE_FORK, marked(value))
    expect(fence.members().toSorted((a, b) => a - b)).toEqual(
      [child.pid, Number(line)].toSorted((a, b) => (a ?? 0) - (b ?? 0)),
    )
    await fence.kill()
    expect(fence.members()).toEqual([])
    expect(isAlive(Number(line))).toBe(false)
    expect(await exitOf(child)).toEqual({ exitCode: null, signal: 'SIGKILL' })
  })

  test('has no other process: no longer value, no other variable, no argument', async () => {
    const value = newValue()
    const { child } = await shell(`echo ready; exec sleep 600`, {
      [`X${FENCE_VARIABLE}`]: value,
      [FENCE_VARIABLE]: `${value}1`,
      TEXT: `${FENCE_VARIABLE}=${value}`,
    })
    const { child: other } = await shell(`echo ready; exec sleep 600 # ${FENCE_VARIABLE}=${value}`, {})
    const fence = new Fence(value)
    expect(fence.members()).toEqual([])
    await fence.kill()
    expect([child.pid, other.pid].map(pid => isAlive(pid ?? 0))).toEqual([true, true])
  })

  test('by prefix has the fences of all nodes', async () => {
    const value = newValue()
    const nodes = await Promise.all(
      [0, 1].map(index => shell('echo ready; exec sleep 600', marked(`${value}.${index}`))),
    )
    const fence = new Fence(`${value}.`, { prefix: true })
    expect(fence.members()).toHaveLength(2)
    await fence.kill()
    expect((await Promise.all(nodes.map(({ child }) => exitOf(child)))).map(end => end.signal)).toEqual([
      'SIGKILL',
      'SIGKILL',
    ])
  })

  test('spares some until the others have ended, and kills them then', async () => {
    const value = newValue()
    const slow = await shell('trap "exec sleep 0.3" TERM; echo ready; while :; do read line; done', marked(value))
    const spared = await shell('trap "" TERM; echo ready; read line', marked(value))
    const pid = spared.child.pid ?? 0
    process.kill(pid, 'SIGSTOP')
    const sweeping = new Fence(value).sweep(20_000, { held: new Set([pid]) })
    expect(await exitOf(slow.child)).toEqual({ exitCode: 0, signal: null })
    expect(await exitOf(spared.child)).toEqual({ exitCode: null, signal: 'SIGKILL' })
    await sweeping
  })

  test('waits for those that have been told to end, and does not tell them again', async () => {
    const value = newValue()
    const { child } = await shell('trap "exit 5" TERM; echo ready; read line; exit 0', marked(value))
    const pid = child.pid ?? 0
    const fence = new Fence(value)
    expect([fence.has(pid), fence.has(process.pid)]).toEqual([true, false])
    const sweeping = fence.sweep(20_000, { told: new Set([pid]) })
    child.stdin?.end()
    expect(await exitOf(child)).toEqual({ exitCode: 0, signal: null })
    await sweeping
  })

  test('by another variable is a part of it', async () => {
    const value = newValue()
    await shell('echo ready; exec sleep 600', marked(value))
    const { child } = await shell('echo ready; exec sleep 600', { ...marked(value), FLOW_PROGRAM: `${value}:1` })
    const part = new Fence(`${value}:1`, { variable: 'FLOW_PROGRAM' })
    expect(part.members()).toEqual([child.pid])
    expect(part.signal('SIGKILL')).toBe(1)
    await exitOf(child)
    expect(new Fence(value).members()).toHaveLength(1)
  })

  test('lets processes end by themselves, a stopped one too', async () => {
    const value = newValue()
    const { child } = await shell(
      // No child: one that is not yet another program takes a signal for its shell, and it is lost.
      'trap "exit 5" TERM; echo ready; while :; do read line; done',
      marked(value),
    )
    child.kill('SIGSTOP')
    await new Fence(value).sweep(20_000)
    expect(await exitOf(child)).toEqual({ exitCode: 5, signal: null })
    expect(new Fence(value).members()).toEqual([])
  })

  test('kills what ignores SIGTERM when the grace is over', async () => {
    const value = newValue()
    const { child } = await shell('trap "" TERM; echo ready; while :; do sleep 600; done', marked(value))
    await new Fence(value).sweep(50)
    expect(await exitOf(child)).toEqual({ exitCode: null, signal: 'SIGKILL' })
  })

  test('counts zombies as gone', async () => {
    const value = newValue()
    // What the outer shell becomes is outside of the fence, and never waits for its child.
    const { line } = await shell(`${FENCE_VARIABLE}=${value} sh -c 'echo $$; exec sleep 600' & exec sleep 600`, {})
    expect(new Fence(value).members()).toEqual([Number(line)])
    await new Fence(value).kill()
    expect(existsSync(`/proc/${line}`)).toBe(true)
    expect(startTime(Number(line))).toBeUndefined()
  })

  test('a process is told from a later one with the same id by its start time', async () => {
    const first = await shell('echo ready; exec sleep 600', {})
    const own = startTime(process.pid)
    expect(startTime(first.child.pid ?? 0)).not.toBe(own)
    expect(startTime(process.pid)).toBe(own)
  })
})
