import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sweepAbandoned } from '../../src/process/attempt-dir.js'
import { Cgroup, cgroupParents } from '../../src/process/cgroup.js'
import { Fence } from '../../src/process/fence.js'
import { exitOf, isAlive, shell, start, firstLine, tempDir } from './processes.js'

const [parent] = cgroupParents()
const newValue = (): string => randomUUID().replaceAll('-', '')

/** A program that nothing but its cgroup tells of, started by a shell that waits until it is inside. */
async function escaped(fence: Fence): Promise<{ readonly pid: number; readonly shellPid: number }> {
  const child = start(['/bin/sh', '-c', 'read -r _; setsid env -i sleep 600 >/dev/null & echo $!; exec sleep 600'])
  await fence.enclose(child.pid)
  const line = firstLine(child)
  child.stdin?.write('go\n')
  return { pid: Number(await line), shellPid: child.pid ?? -1 }
}

/** A hierarchy in which we may make cgroups, of each version that this machine has. */
describe.runIf(parent !== undefined)('the cgroup of a fence', () => {
  test.for(cgroupParents())('in %s catches what has no marker, also by prefix, and is removed', async dir => {
    const value = newValue()
    const cgroup = new Cgroup(join(dir, `flow-${value}.1`))
    mkdirSync(cgroup.dir)
    onTestFinished(() => (existsSync(cgroup.dir) ? rmdirSync(cgroup.dir) : undefined))
    const { child, line } = await shell('echo $$; read -r _; setsid sleep 600 & exec sleep 600', {})
    await cgroup.add(Number(line))
    // What it makes below its own cgroup, as container engines do, is inside too.
    const below = join(cgroup.dir, 'below')
    mkdirSync(below)
    child.stdin?.write('go\n')
    await expect.poll(() => cgroup.pids().length).toBe(2)
    writeFileSync(join(below, 'cgroup.procs'), String(cgroup.pids().find(pid => pid !== child.pid)))
    const fence = new Fence(`${value}.`, { prefix: true, cgroupParents: [dir] })
    expect(fence.members()).toHaveLength(2)
    await fence.kill()
    expect(await exitOf(child)).toEqual({ exitCode: null, signal: 'SIGKILL' })
    expect(existsSync(cgroup.dir)).toBe(false)
  })

  test('gets SIGTERM and SIGKILL as the fence gets them', async () => {
    const fence = new Fence(newValue())
    const { pid, shellPid } = await escaped(fence)
    expect(new Set(fence.members())).toEqual(new Set([pid, shellPid]))
    await fence.sweep(20_000)
    expect([pid, shellPid].map(isAlive)).toEqual([false, false])
    await fence.kill()
    expect(existsSync(join(parent ?? '', `flow-${fence.value}`))).toBe(false)
  })

  test('holds nothing of a part of a fence, and not the process that asks', async () => {
    const fence = new Fence(newValue())
    const { shellPid } = await escaped(fence)
    expect(new Fence(fence.value, { variable: 'FLOW_PROGRAM' }).members()).toEqual([])
    const inside = spawnSync(
      '/bin/sh',
      [
        '-c',
        `echo 0 > "${parent ?? ''}/flow-${fence.value}/cgroup.procs" && exec "$@"`,
        'sh',
        process.execPath,
        '--input-type=module',
        '-e',
        `import { Fence } from '${new URL('../../dist/process/index.js', import.meta.url).href}'
         const fence = new Fence('${fence.value}')
         await fence.enclose(process.pid)
         await fence.kill()
         console.log(fence.members().length)`,
      ],
      { encoding: 'utf8' },
    )
    expect(inside.stdout).toBe('0\n')
    expect(isAlive(shellPid)).toBe(false)
    await fence.kill()
  })

  test('of a run that was killed is swept where that run made it', async () => {
    const fence = new Fence(newValue())
    const { pid } = await escaped(fence)
    const owner = { pid: 2 ** 22 + 1, start: '1', fence: fence.value, cgroupParents: [parent] }
    const dir = join(tempDir(), 'flow-abc')
    const { TMPDIR } = process.env
    onTestFinished(() => void (TMPDIR === undefined ? delete process.env['TMPDIR'] : (process.env['TMPDIR'] = TMPDIR)))
    process.env['TMPDIR'] = join(dir, '..')
    mkdirSync(dir)
    writeFileSync(join(dir, 'owner'), JSON.stringify(owner))
    await sweepAbandoned()
    expect([isAlive(pid), existsSync(dir), existsSync(join(parent ?? '', `flow-${fence.value}`))]).toEqual([
      false,
      false,
      false,
    ])
  })

  test('is where scripts/cgroup.sh makes it', () => {
    const script = join(import.meta.dirname, '../../scripts/cgroup.sh')
    const { stdout } = spawnSync('/bin/sh', ['-c', `. "${script}"; echo "$cgroup_parent"`], { encoding: 'utf8' })
    expect(stdout.trim()).toBe(parent)
  })
})

const nobody = { uid: 65_534, encoding: 'utf8' } as const

// Only root can be another user, and what runs Node for it may be out of its reach.
test.runIf(spawnSync(process.execPath, ['-p', '1'], nobody).stdout === '1\n')(
  'another user, who may make none, has a fence by marker alone',
  () => {
    const text = `import { cgroupParents } from '${new URL('../../dist/process/cgroup.js', import.meta.url).href}'
    console.log(JSON.stringify(cgroupParents()))`
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', text], nobody)
    expect(stdout).toBe('[]\n')
  },
)
