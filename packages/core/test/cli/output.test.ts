import { describe, expect, it } from 'vitest'
import { boardLines } from '../../src/cli/output/board-lines.js'
import { BoardState } from '../../src/cli/output/board-state.js'
import {
  formatBytes,
  formatDuration,
  formatPlace,
  formatTable,
  formatTime,
  JsonRenderer,
  noColors,
  PlainRenderer,
  Sink,
} from '../../src/cli/output/index.js'
import type { RunEvent } from '../../src/run/events.js'
import { captureStream, stuckStream } from './capture.js'

const at = new Date(2026, 0, 31, 9, 5, 7, 42).getTime()
const task = 'Hello/3/work/7'
const log = (text: string, more: Partial<Extract<RunEvent, { type: 'log' }>> = {}): RunEvent => ({
  at,
  type: 'log',
  task,
  stream: 'stdout',
  text,
  ...more,
})

describe('format', () => {
  it('durations', () => {
    expect([31.4, 250, 9_994, 12_340, 59_949, 59_951, 3_725_000].map(formatDuration)).toEqual([
      '31 ms',
      '0.25 s',
      '9.99 s',
      '12.3 s',
      '59.9 s',
      '1 min 0 s',
      '1 h 2 min',
    ])
  })
  it('bytes', () => {
    expect([0, 1023, 1024, 1.5 * 1024 * 1024, 300 * 1024 * 1024].map(formatBytes)).toEqual([
      '0 B',
      '1023 B',
      '1.0 KiB',
      '1.5 MiB',
      '300 MiB',
    ])
  })
  it('time and place', () => {
    expect(formatTime(at)).toBe('2026-01-31 09:05:07.042')
    expect(formatTime(at + 1000)).toBe('2026-01-31 09:05:08.042')
    expect(formatPlace(task)).toBe('[3/work/7]')
    expect(formatPlace(task, 2)).toBe('[3/work/7@2]')
    expect(formatPlace(task, 2, 5)).toBe('[3/work/7@2 5]')
  })
  it('tables', () => {
    expect(
      formatTable([
        ['a', 'bb', 'c'],
        ['ccc', 'd', ''],
      ]),
    ).toBe('a    bb  c\nccc  d\n')
  })
})

describe('plain lines', () => {
  it('have time, place and text', async () => {
    const { stream, text } = captureStream()
    const renderer = new PlainRenderer(new Sink(stream), noColors)
    renderer.event(log('hello'))
    renderer.event(log('greetings', { node: 1, rank: 3 }))
    renderer.event({ at, type: 'task.ended', task, step: 'work', attempt: 0, outcome: 'ok', durationMs: 31 })
    const verdict = {
      outcome: 'lost',
      message: 'node 1 was lost',
      victims: [],
      timeline: {},
      caught: 'failure',
    } as const
    renderer.event({ at, type: 'task.ended', task, step: 'work', attempt: 0, outcome: 'lost', durationMs: 31, verdict })
    await renderer.close()
    const time = '2026-01-31 09:05:07.042'
    expect(text()).toBe(
      `${time} [3/work/7] hello\n${time} [3/work/7@1 3] greetings\n${time} [3/work/7] done in 31 ms\n` +
        `${time} [3/work/7] lost (caught) after 31 ms: node 1 was lost\n`,
    )
  })

  it('leaves log lines out when the reader is slow, and says how many', async () => {
    const { stream, release, text } = stuckStream()
    const sink = new Sink(stream, 1024 * 1024)
    const renderer = new PlainRenderer(sink, noColors)
    const line = 'x'.repeat(1000)
    for (let i = 0; i < 5000; i++) renderer.event(log(line))
    renderer.event({ at, type: 'warning', task, message: 'kept' })
    expect(sink.saturated).toBe(true)
    release()
    await renderer.close()
    const shown = text().split(line).length - 1
    expect(shown).toBeGreaterThan(900)
    expect(shown).toBeLessThan(1200)
    expect(text()).toContain('warning kept')
    expect(text()).toContain(`… ${5000 - shown} lines not shown; see: flow logs ${task}`)
  })

  it('adds what the engine left out', async () => {
    const { stream, text } = captureStream()
    const renderer = new PlainRenderer(new Sink(stream), noColors)
    renderer.event(log('last', { skipped: 41 }))
    await renderer.close()
    expect(text()).toMatch(/… 41 lines not shown.*\n.* last\n/)
  })

  it('goes on quietly when the reader has gone', async () => {
    const { stream } = captureStream()
    const sink = new Sink(stream)
    const renderer = new PlainRenderer(sink, noColors)
    stream.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
    renderer.event(log('unheard'))
    await renderer.close()
    renderer.event(log('unheard'))
    await renderer.close()
    expect(sink.closed).toBe(true)
  })
})

describe('--json', () => {
  it('is one event a line', async () => {
    const { stream, text } = captureStream()
    const renderer = new JsonRenderer(new Sink(stream))
    const events = [log('a "quoted" line\u0001'), log('ü', { node: 1, rank: 0 })]
    for (const event of events) renderer.event(event)
    renderer.note()
    await renderer.close()
    expect(
      text()
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as unknown),
    ).toEqual(events)
  })

  it('counts what a slow reader missed in a warning', async () => {
    const { stream, release, text } = stuckStream()
    const renderer = new JsonRenderer(new Sink(stream, 1024 * 1024))
    for (let i = 0; i < 5000; i++) renderer.event(log('x'.repeat(1000)))
    release()
    await renderer.close()
    const events = text()
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as RunEvent)
    const warnings = events.filter(event => event.type === 'warning')
    expect(warnings).toHaveLength(1)
    expect(warnings[0]?.message).toContain(`${5000 - (events.length - 1)} lines not shown`)
  })
})

describe('the board', () => {
  const gang = 'Hello/3/multi/2'
  const events: RunEvent[] = [
    { at, type: 'run.started', run: 'Hello/3', flow: 'Hello', parameters: {}, tags: [] },
    { at, type: 'task.started', task: 'Hello/3/start/1', step: 'start', attempt: 0 },
    {
      at: at + 31,
      type: 'task.ended',
      task: 'Hello/3/start/1',
      step: 'start',
      attempt: 0,
      outcome: 'ok',
      durationMs: 31,
    },
    { at: at + 31, type: 'task.started', task: gang, step: 'multi', attempt: 0, nodes: 2 },
    { at: at + 40, type: 'node.joined', task: gang, node: 1, address: '127.0.0.2' },
  ]
  const ready: RunEvent[] = [
    { at: at + 50, type: 'gang.ready', task: gang, nodes: 2, budget: {} },
    { at: at + 60, type: 'rank.started', task: gang, node: 1, rank: 3, pid: 9 },
    { at: at + 60, type: 'rank.started', task: gang, node: 1, rank: 2, pid: 8 },
    { at: at + 61, type: 'log', task: gang, node: 1, rank: 2, stream: 'stdout', text: '\u001b[31mred\u001b[0m\u0007' },
  ]
  const draw = (all: readonly RunEvent[], rows = 20): string[] => {
    const state = new BoardState()
    for (const event of all) state.apply(event)
    return boardLines(state, at + 1250, { columns: 60, rows }, noColors)
  }

  it('shows steps, nodes, ranks and last lines', () => {
    expect(draw(events)).toEqual([
      'Hello/3  1.25 s',
      '  ✓ start  31 ms',
      '  ● multi  1 of 2 nodes joined  1.22 s',
      '      node 0',
      '      node 1',
    ])
    expect(draw([...events, ...ready]).slice(2)).toEqual([
      '  ● multi  2 nodes, 2 ranks  1.22 s',
      '      node 0',
      '      node 1  ranks 2 3  │ red',
    ])
  })

  it('shows what is prepared until it is', () => {
    const progress = { at, type: 'progress', what: 'package', text: 'bundling', done: false } as const
    expect(draw([progress])).toContain('  … package: bundling')
    expect(draw([progress, ...events])).not.toContain('  … package: bundling')
  })

  it('tells a step that is tried again, and one that was caught, from one that failed', () => {
    const verdict = { outcome: 'lost', message: 'node 1 was lost', victims: [], timeline: {} } as const
    const failed = { type: 'task.ended', task: gang, step: 'multi', outcome: 'lost', durationMs: 19 } as const
    const once: RunEvent[] = [
      ...events,
      { ...failed, at: at + 50, attempt: 0, verdict },
      { at: at + 50, type: 'task.retrying', task: gang, step: 'multi', attempt: 1, delayMs: 5_000 },
    ]
    expect(draw(once)[2]).toBe('  ● multi  waits to be tried again  1.22 s')
    const again: RunEvent[] = [...once, { ...events[3]!, at: at + 60, attempt: 1 } as RunEvent]
    expect(draw(again)[2]).toContain('0 of 2 nodes joined  attempt 1')
    expect(draw([...again, { ...failed, at: at + 70, attempt: 1, verdict }])[2]).toBe('  ✗ multi  1 failed  39 ms')
    const caught: RunEvent = { ...failed, at: at + 70, attempt: 1, verdict: { ...verdict, caught: 'failure' } }
    expect(draw([...again, caught])[2]).toBe('  ✓ multi  1 caught  39 ms')
  })

  it('counts the tasks of a foreach', () => {
    const started = (n: number): RunEvent => ({
      at,
      type: 'task.started',
      task: `Hello/3/work/${n}`,
      step: 'work',
      attempt: 0,
    })
    const ended: RunEvent = {
      at,
      type: 'task.ended',
      task: 'Hello/3/work/1',
      step: 'work',
      attempt: 0,
      outcome: 'ok',
      durationMs: 1,
    }
    expect(draw([started(1), started(2), started(3), ended])[1]).toBe('  ● work  2 running, 1 done  1.25 s')
  })

  it('fits into few rows, details left out first', () => {
    expect(draw([...events, ...ready], 4)).toEqual([
      'Hello/3  1.25 s',
      '  ✓ start  31 ms',
      '  ● multi  2 nodes, 2 ranks  1.22 s',
      '      … 2 more lines',
    ])
  })
})
