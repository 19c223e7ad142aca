import { expect, test } from 'vitest'
import { LinkWatch } from '../../src/gang/link-watch.js'

function watching(): {
  watch: LinkWatch<string>
  silent: string[]
  beats: () => number
  pass: (ms: number) => void
} {
  let now = 0
  let beats = 0
  const silent: string[] = []
  const watch = new LinkWatch<string>({
    heartbeatMs: 3_000,
    leaseMs: 10_000,
    beat: () => beats++,
    onSilent: (peer, ms) => silent.push(`${peer} ${ms}`),
    now: () => now,
  })
  return {
    watch,
    silent,
    beats: () => beats,
    // As the timer does it, a tick a second.
    pass(ms) {
      for (let left = ms; left > 0; left -= 1_000) {
        now += 1_000
        watch.tick()
      }
    },
  }
}

/** The same clock, in one leap: the watcher itself did not run. */
function leaping(ms: number): { silent: string[] } {
  let now = 0
  const silent: string[] = []
  using watch = new LinkWatch<string>({
    heartbeatMs: 3_000,
    leaseMs: 10_000,
    beat: () => undefined,
    onSilent: peer => silent.push(peer),
    now: () => now,
  })
  watch.expect('a')
  now += ms
  watch.tick()
  now += 9_000
  watch.tick()
  return { silent }
}

test('a peer that says nothing for a lease is silent, once; one that speaks is not', () => {
  const { watch, silent, pass } = watching()
  watch.expect('a')
  watch.expect('b')
  pass(9_000)
  watch.heard('b')
  expect(silent).toEqual([])
  pass(2_000)
  expect(silent).toEqual(['a 11000'])
  pass(7_000)
  expect(silent).toEqual(['a 11000'])
  pass(3_000)
  expect(silent).toEqual(['a 11000', 'b 11000'])
  watch[Symbol.dispose]()
})

test('the first word may take longer than a lease, the next may not', () => {
  const { watch, silent, pass } = watching()
  watch.expect('a', 60_000)
  pass(59_000)
  expect(silent).toEqual([])
  watch.heard('a')
  pass(11_000)
  expect(silent).toEqual(['a 11000'])
  watch[Symbol.dispose]()
})

test('a peer whose end is known is not silent', () => {
  const { watch, silent, pass } = watching()
  watch.expect('a')
  watch.forget('a')
  watch.heard('a')
  pass(60_000)
  expect(silent).toEqual([])
  watch[Symbol.dispose]()
})

test('every heartbeat says that we are there', () => {
  const { watch, beats, pass } = watching()
  pass(30_000)
  expect(beats()).toBe(10)
  watch[Symbol.dispose]()
})

test.each([11_000, 3_600_000])('a watcher that was away for %d ms gives everyone a fresh lease', ms => {
  expect(leaping(ms).silent).toEqual([])
})
