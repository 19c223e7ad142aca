import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { expectNothingLeft, expectOk, type FlowProcess, Project } from './harness/index.js'
import { NamespacedHosts } from './harness/namespaced-hosts.js'

/** Ports of control to which a host has connections: of the gang's channel. */
function channelPorts(hosts: NamespacedHosts, index: number): number[] {
  const control = '01004D0A'
  const lines = hosts.run(index, 'cat /proc/net/tcp').split('\n')
  return lines.flatMap(line => {
    const [, , remote = '', state] = line.trim().split(/\s+/)
    const [address, port = ''] = remote.split(':')
    return address === control && state === '01' ? [Number.parseInt(port, 16)] : []
  })
}

/** Control's host gives the old control's port to the new one: what comes to one arrives at the other. */
const relay = `import { connect, createServer } from 'node:net'
const [from, to] = process.argv.slice(1).map(Number)
const host = '10.77.0.1'
createServer(socket => {
  const other = connect(to, host)
  for (const one of [socket, other]) one.on('error', () => { socket.destroy(); other.destroy() })
  socket.pipe(other).pipe(socket)
}).listen(from, host, () => console.log('listening'))
process.stdin.resume().once('end', () => process.exit())
`

async function bothIn(run: FlowProcess, attempt: number): Promise<void> {
  await Promise.all(
    [0, 1].map(node => run.event(event => event.node === node && event.text === `in attempt ${attempt}`)),
  )
}

test('an old attempt that nobody could end goes on after the barrier of the new one: refused, and nothing of it is kept', async () => {
  await using hosts = await NamespacedHosts.create(2)
  const project = new Project()
  project.use('unreachable-backend.ts')
  const run = project.startRun('old-attempt.ts', ['--with', hosts.option.replace('hosts-', 'unreachable-')])
  await bothIn(run, 0)
  const [oldPort = 0] = channelPorts(hosts, 1)
  hosts.run(1, 'kill -STOP -1')
  await bothIn(run, 1)
  const [newPort = 0] = channelPorts(hosts, 1)
  expect([oldPort, newPort]).not.toContain(0)
  expect(newPort).not.toBe(oldPort)

  const [program, ...args] = hosts.nodeOn(0, relay, String(oldPort), String(newPort))
  const relaying = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(relaying.stdout, 'data')
  // It may even finish: it finds what it waits for.
  hosts.run(1, 'touch /mnt/go0; kill -CONT -1')
  // Who entered the host's namespaces for it stopped, too.
  for (const pid of project.processes()) process.kill(pid, 'SIGCONT')
  const refusal = await run.event(event => event.type === 'warning' && event.message?.includes('was refused') === true)
  expect(refusal.message).toBe('a connection from 10.77.0.1 was refused (stale): it belongs to another attempt')
  hosts.run(0, 'touch /mnt/go1')
  hosts.run(1, 'touch /mnt/go1')
  const end = await run.ended
  relaying.stdin.end()
  await once(relaying, 'exit')
  expectOk(end)
  expect(end.lines('join')).toEqual(['node 0 of attempt 1, node 1 of attempt 1'])
  const ends = end.events.filter(event => event.type === 'task.ended' && event['step'] === 'work')
  expect(ends.map(event => [event['attempt'], event.outcome])).toEqual([
    [0, 'lost'],
    [1, 'ok'],
  ])
  // What was refused ends by itself; nobody is there to end it.
  await expect.poll(() => [0, 1].map(index => hosts.left(index)), { timeout: 15_000 }).toEqual(['', ''])
  expectNothingLeft(project, end)
})
