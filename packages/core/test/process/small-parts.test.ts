import { createServer } from 'node:net'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { describeExit, fromShellStatus } from '../../src/process/exit-status.js'
import { HeldPort } from '../../src/process/port-lease.js'
import { lastLines, Tail } from '../../src/process/tail.js'

describe('an exit status', () => {
  test.each([
    [0, { exitCode: 0, signal: null }, 'exited with code 0'],
    [3, { exitCode: 3, signal: null }, 'exited with code 3'],
    [128, { exitCode: 128, signal: null }, 'exited with code 128'],
    [137, { exitCode: null, signal: 'SIGKILL' }, 'was killed by SIGKILL'],
    [139, { exitCode: null, signal: 'SIGSEGV' }, 'was killed by SIGSEGV'],
    [255, { exitCode: 255, signal: null }, 'exited with code 255'],
  ])('%i of a shell', (status, expected, text) => {
    expect(fromShellStatus(status)).toEqual(expected)
    expect(describeExit(expected)).toBe(text)
  })
})

describe('a tail', () => {
  test('keeps all that fits', () => {
    const tail = new Tail(100)
    tail.push(Buffer.from('one\n'))
    tail.push(Buffer.from('two'))
    expect([tail.toString(), tail.isCut]).toEqual(['one\ntwo', false])
  })

  test('of a flood begins with a whole line', () => {
    const tail = new Tail(100)
    for (let line = 0; line < 10_000; line++) tail.push(Buffer.from(`line ${line}\n`))
    const lines = tail.toString().split('\n')
    expect(lines.at(-2)).toBe('line 9999')
    expect(lines.slice(0, -1).every(line => /^line \d{4}$/.test(line))).toBe(true)
    expect(lines.length).toBeGreaterThan(8)
    expect(tail.isCut).toBe(true)
  })

  test('never begins inside a character, whatever bytes came in which pieces', () => {
    for (let shift = 0; shift < 4; shift++) {
      const tail = new Tail(50)
      for (const byte of Buffer.from('x'.repeat(shift) + '🙂'.repeat(100))) tail.push(Buffer.of(byte))
      expect(tail.toString()).toMatch(/^(?:🙂){12}$/u)
    }
  })

  test('last lines of a text', () => {
    expect(lastLines('a\nb\nc\n\n', 2)).toBe('b\nc')
    expect(lastLines('', 2)).toBe('')
  })
})

describe('a held port', () => {
  test('is none that the kernel gives to outgoing connections', async () => {
    const range = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '32768')
    await using held = await HeldPort.lease()
    expect(held.port).toBeLessThan(Number(range.split(/\s/)[0]))
  })

  test("is nobody else's until it is released, on no address", async () => {
    const held = await HeldPort.lease()
    const ports = await Promise.all(Array.from({ length: 20 }, () => HeldPort.lease()))
    expect(new Set([held, ...ports].map(one => one.port)).size).toBe(21)
    for (const host of ['127.0.0.1', '0.0.0.0']) {
      const server = createServer().listen({ host, port: held.port, exclusive: true })
      const [error] = (await once(server, 'error')) as [NodeJS.ErrnoException]
      expect(error.code).toBe('EADDRINUSE')
    }
    await held.release()
    await held.release()
    const server = createServer().listen({ host: '127.0.0.1', port: held.port })
    await once(server, 'listening')
    server.close()
    for (const port of ports) await port[Symbol.asyncDispose]()
  })
})
