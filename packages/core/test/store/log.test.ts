import fc from 'fast-check'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type LogLine, LogWriter, readLog, type ReadLogOptions } from '../../src/store/index.js'
import { tempHome } from './temp-home.js'

async function read(dir: string, options?: ReadLogOptions): Promise<readonly LogLine[]> {
  return Array.fromAsync(readLog(dir, options))
}

/** The bytes of one stream, put together from its lines. */
function bytesOf(lines: readonly LogLine[], stream: string, rank?: number): string {
  const own = lines.filter(line => line.stream === stream && line.rank === rank)
  return Buffer.concat(
    own.flatMap(({ bytes, complete }) => (complete ? [bytes, Buffer.from('\n')] : [bytes])),
  ).toString('latin1')
}

test('lines have time, stream, node and rank; partial lines of ranks do not mix', async () => {
  const dir = tempHome('log')
  const log = new LogWriter(join(dir, 'node2.log'))
  log.write('stdout', Buffer.from('one\ntw'), 0, 1000)
  log.write('stdout', Buffer.from('other\n'), 1, 1001)
  log.write('stderr', Buffer.from('bad\r\n\n'), 0, 1002)
  log.write('stdout', Buffer.from([...Buffer.from('o '), 0xc3]), 0, 1003)
  log.write('stdout', Buffer.from([0xa9, 10]), 0, 1004)
  log.write('stdout', Buffer.from('no newline'), undefined, 1005)
  await log.close()
  const lines = await read(dir)
  expect(lines.map(({ at, stream, node, rank, text, complete }) => [at, stream, node, rank, text, complete])).toEqual([
    [1000, 'stdout', 2, 0, 'one', true],
    [1001, 'stdout', 2, 1, 'other', true],
    [1002, 'stderr', 2, 0, 'bad\r', true],
    [1002, 'stderr', 2, 0, '', true],
    [1000, 'stdout', 2, 0, 'two é', true],
    [1005, 'stdout', 2, undefined, 'no newline', false],
  ])
  expect((await read(dir, { rank: 1 })).map(line => line.text)).toEqual(['other'])
  expect((await read(dir, { stream: 'stderr' })).map(line => line.text)).toEqual(['bad\r', ''])
  expect(await read(dir, { node: 1 })).toEqual([])
})

test('every byte of every stream is kept in order', async () => {
  const sources = fc.record({
    stream: fc.constantFrom('stdout' as const, 'stderr' as const),
    rank: fc.option(fc.nat(2), { nil: undefined }),
  })
  const chunk = fc.oneof(
    fc.uint8Array({ maxLength: 30 }),
    fc.constant(Uint8Array.of(10)),
    fc.constant(new Uint8Array(70_000).fill(120)),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(sources, chunk), { maxLength: 40 }), async writes => {
      const dir = join(tempHome('log'))
      const log = new LogWriter(join(dir, 'node0.log'))
      const expected = new Map<string, string>()
      for (const [{ stream, rank }, bytes] of writes) {
        log.write(stream, Buffer.from(bytes), rank)
        const key = `${stream} ${rank}`
        expected.set(key, (expected.get(key) ?? '') + Buffer.from(bytes).toString('latin1'))
      }
      await log.close()
      const lines = await read(dir)
      for (const [{ stream, rank }] of writes)
        expect(bytesOf(lines, stream, rank)).toBe(expected.get(`${stream} ${rank}`))
    }),
    { numRuns: 40 },
  )
})

test('100,000 lines', async () => {
  const dir = tempHome('log')
  const log = new LogWriter(join(dir, 'node0.log'))
  const text = Array.from({ length: 100_000 }, (_, index) => `line ${index} of the output\n`).join('')
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += 5000) {
    if (!log.write('stdout', bytes.subarray(at, at + 5000), 3)) await log.drain()
  }
  await log.close()
  const lines = await read(dir)
  expect(lines).toHaveLength(100_000)
  expect(bytesOf(lines, 'stdout', 3)).toBe(text)
})

test('nothing is made where nothing is written', async () => {
  const dir = tempHome('log')
  await new LogWriter(join(dir, 'node0.log')).close()
  expect(existsSync(dir)).toBe(false)
  expect(await read(dir)).toEqual([])
})

test('what is written is in the file soon, without a close', async () => {
  const dir = tempHome('log')
  await using log = new LogWriter(join(dir, 'node0.log'))
  log.write('stdout', Buffer.from('now\npart'))
  await log.flush()
  expect((await read(dir)).map(line => line.text)).toEqual(['now'])
  log.end('stdout')
  await log.flush()
  expect((await read(dir)).map(line => line.text)).toEqual(['now', 'part'])
})

test('a full log asks its writers to wait, and loses nothing', async () => {
  const dir = tempHome('log')
  const log = new LogWriter(join(dir, 'node0.log'), { maxBytes: 1000 })
  expect(log.write('stdout', Buffer.from('x\n'))).toBe(true)
  expect(log.write('stdout', Buffer.from(`${'y'.repeat(2000)}\n`))).toBe(false)
  expect(log.isFull).toBe(true)
  let isDrained = false
  const drained = log.drain().then(() => (isDrained = true))
  await log.flush()
  expect(isDrained).toBe(false)
  log.free(5000)
  await drained
  expect(log.write('stdout', Buffer.from('z\n'))).toBe(true)
  await log.close()
  expect((await read(dir)).map(line => line.text.length)).toEqual([1, 2000, 1])
})

test('a log that cannot be written says so once, and blocks nobody', async () => {
  const dir = tempHome('log')
  writeFileSync(dir, '')
  const errors: unknown[] = []
  const log = new LogWriter(join(dir, 'node0.log'), { onError: error => errors.push(error) })
  log.write('stdout', Buffer.from('x\n'))
  await expect(log.flush()).rejects.toThrow('ENOTDIR')
  log.write('stdout', Buffer.from('x\n'))
  await expect(log.close()).rejects.toThrow('ENOTDIR')
  expect(errors).toHaveLength(1)
})

test('nodes are merged by time; each stream keeps its order when a clock was set back', async () => {
  const dir = tempHome('log')
  for (const [node, times] of [
    [1, [10, 20, 5, 40]],
    [0, [15, 25]],
    [10, [1, 30]],
  ] as const) {
    await using log = new LogWriter(join(dir, `node${node}.log`))
    for (const at of times) log.write('stdout', Buffer.from(`${node}:${at}\n`), undefined, at)
  }
  expect((await read(dir)).map(line => line.text)).toEqual([
    '10:1',
    '1:10',
    '0:15',
    '1:20',
    '1:5',
    '0:25',
    '10:30',
    '1:40',
  ])
})

test('a damaged file is read as far as it can be', async () => {
  const dir = tempHome('log')
  mkdirSync(dir)
  writeFileSync(join(dir, 'node0.log'), 'rs o - . good\ngarbage\nrs o 3 . torn')
  expect((await read(dir)).map(({ text, rank, at }) => [text, rank, at])).toEqual([
    ['good', undefined, 1000],
    ['garbage', undefined, 1000],
    ['torn', 3, 1000],
  ])
})

test('a reader follows until the end, from before the first line', async () => {
  const dir = tempHome('log')
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const lines = readLog(dir, { follow: true, ended })
  const first = lines.next()
  const log = new LogWriter(join(dir, 'node0.log'))
  log.write('stdout', Buffer.from('one\n'))
  expect((await first).value?.text).toBe('one')
  const second = lines.next()
  const other = new LogWriter(join(dir, 'node1.log'))
  other.write('stdout', Buffer.from('two\n'))
  expect((await second).value?.text).toBe('two')
  log.write('stdout', Buffer.from('three\n'))
  await Promise.all([log.close(), other.close()])
  appendFileSync(join(dir, 'node0.log'), 'rs o - . torn')
  end()
  expect((await Array.fromAsync(lines)).map(line => line.text)).toEqual(['three', 'torn'])
})

test('a reader that follows ends when it is told to', async () => {
  const dir = tempHome('log')
  const controller = new AbortController()
  const lines = read(dir, { follow: true, signal: controller.signal })
  controller.abort()
  expect(await lines).toEqual([])
})

test('the file is as its format says', async () => {
  const dir = tempHome('log')
  {
    await using log = new LogWriter(join(dir, 'node0.log'))
    log.write('stderr', Buffer.from('a b\nc'), 12, 1000)
  }
  expect(readFileSync(join(dir, 'node0.log'), 'utf8')).toBe('rs e 12 . a b\nrs e 12 + c\n')
})
