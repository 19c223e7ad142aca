import { expect, test } from 'vitest'
import { StopWatch, type StoppedProcess } from '../../src/process/stop-watch.js'
import { exitOf, shell } from './processes.js'

test.runIf(process.platform === 'linux')(
  'a stopped process is told once for each stop, one that ended never',
  async () => {
    const told: StoppedProcess[] = []
    using watch = new StopWatch(10, stopped => told.push(stopped))
    const named = await shell('echo ready; exec sleep 600', {})
    const other = await shell('echo ready; exec sleep 600', {})
    const gone = await shell('echo ready; exec sleep 600', {})
    watch.add(named.child.pid, { name: 'rank 3' })
    for (const { child } of [other, gone]) watch.add(child.pid)
    watch.add(undefined)
    gone.child.kill('SIGKILL')
    await exitOf(gone.child)
    named.child.kill('SIGSTOP')
    await expect.poll(() => told).toEqual([{ name: 'rank 3', state: 'T' }])
    other.child.kill('SIGSTOP')
    // Other looks came in between, at the first too.
    await expect.poll(() => told.length).toBe(2)
    expect(told[1]).toEqual({ name: 'sleep', state: 'T' })
    named.child.kill('SIGCONT')
    await new Promise(resolve => setTimeout(resolve, 100))
    named.child.kill('SIGSTOP')
    await expect.poll(() => told.length).toBe(3)
    expect(told[2]?.name).toBe('rank 3')
    const family = await shell('sh -c "sh -c \\"sleep 600; :\\"; :" & echo $!; wait', {})
    watch.add(family.child.pid, { generations: 2 })
    process.kill(Number(family.line), 'SIGSTOP')
    await expect.poll(() => told.length).toBe(4)
    expect(told[3]?.name).toBe('sh')
  },
)
