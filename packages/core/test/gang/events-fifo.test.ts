import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { EventsFifo, type FifoEvent } from '../../src/gang/agent/events-fifo.js'

test('events come in the order in which they were written, and lines that are none are told apart', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'events-fifo-'))
  const path = join(dir, 'events')
  execFileSync('mkfifo', [path])
  const events: FifoEvent[] = []
  const bad: string[] = []
  {
    using fifo = new EventsFifo(
      path,
      event => events.push(event),
      line => bad.push(line),
    )
    const lines = ['start 1 3 4711', 'start 1 3 0', 'start 1 3 -1', 'start 1 3 1', 'start 1 x 5', 'start 1 3']
    appendFileSync(path, [...lines, 'exit 1 3 137', 'exit 1 3 -9', 'eof 1 key', 'hello', ''].join('\n'))
    await fifo.sync()
  }
  rmSync(dir, { recursive: true })
  expect(events).toEqual([
    { type: 'start', launch: '1', rank: 3, pid: 4711 },
    { type: 'exit', launch: '1', rank: 3, status: 137 },
    { type: 'eof', launch: '1', key: 'key' },
  ])
  expect(bad).toEqual([
    'start 1 3 0',
    'start 1 3 -1',
    'start 1 3 1',
    'start 1 x 5',
    'start 1 3',
    'exit 1 3 -9',
    'hello',
  ])
})
