import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  channelIdentity,
  ControlIdentity,
  deriveNodeKey,
  isProvenBy,
  KeyTable,
  newAttemptSecret,
  parseChannelIdentity,
} from '../../src/gang/keys.js'
import { credited, TickClock } from '../../src/gang/channel/lease.js'
import { Delivery } from '../../src/gang/channel/delivery.js'

describe('node keys', () => {
  it('differ in every part of the identity, and only there', () => {
    const secret = newAttemptSecret()
    const identity = { attempt: 'a:1', index: 2, incarnation: 'x' }
    const key = deriveNodeKey(secret, identity)
    expect(deriveNodeKey(secret, { ...identity })).toEqual(key)
    for (const other of [{ attempt: 'a' }, { index: 3 }, { incarnation: 'y' }])
      expect(deriveNodeKey(secret, { ...identity, ...other })).not.toEqual(key)
    expect(deriveNodeKey(newAttemptSecret(), identity)).not.toEqual(key)
  })

  it('are found by an identity that reads back', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        fc.nat(999_999),
        fc.stringMatching(/^[0-9a-f]{1,16}$/u),
        (attempt, index, incarnation) => {
          expect(parseChannelIdentity(channelIdentity({ attempt, index, incarnation }))).toEqual({
            attempt,
            index,
            incarnation,
          })
        },
      ),
    )
    expect(parseChannelIdentity('nonsense')).toBeUndefined()
  })

  it('are zeroed with their table, and not shown', () => {
    const identity = { attempt: 'a', index: 0, incarnation: 'x' }
    const key = deriveNodeKey(newAttemptSecret(), identity)
    const table = new KeyTable()
    table.add(identity, key)
    const shown = inspect(table, { depth: 5, showHidden: true }) + JSON.stringify(table)
    expect(shown).not.toContain(key.toString('hex').slice(0, 8))
    table[Symbol.dispose]()
    expect(key.equals(Buffer.alloc(32))).toBe(true)
    expect(table.get(channelIdentity(identity))).toBeUndefined()
  })

  it('of control prove one connection', () => {
    const control = ControlIdentity.create()
    const [one, two] = [randomBytes(32), randomBytes(32)]
    const signature = control.prove(one)
    expect(isProvenBy(control.publicKey, one, signature)).toBe(true)
    expect(isProvenBy(control.publicKey, two, signature)).toBe(false)
    expect(isProvenBy(ControlIdentity.create().publicKey, one, signature)).toBe(false)
    expect(isProvenBy(Buffer.alloc(3), one, signature)).toBe(false)
  })
})

describe('leases', () => {
  it('blame nobody for time in which we did not run', () => {
    let now = 0
    const clock = new TickClock({ intervalMs: 100, leaseMs: 1000, now: () => now })
    now = 100
    expect(clock.tick()).toEqual({ now: 100, missedMs: 0 })
    now = 700 // busy for half a second
    expect(credited(50, clock.tick())).toBe(550)
    now = 5_000 // stopped for longer than a lease
    expect(credited(50, clock.tick())).toBe(5_000)
    now = 5_100
    expect(credited(50, clock.tick())).toBe(50)
  })
})

describe('delivery', () => {
  it('is exact over any pattern of breaks', () => {
    // Each number: how many messages are sent, and how many of those in flight arrive before the connection breaks.
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(6), fc.nat(8)), { maxLength: 12 }), rounds => {
        const [sender, receiver] = [new Delivery(), new Delivery()]
        const arrived: number[] = []
        let flight: { seq: number; body: Uint8Array }[] = []
        let sent = 0
        const carry = (count: number): void => {
          for (const { seq, body } of flight.splice(0, count))
            if (receiver.accept(seq, body.length)) arrived.push(body[0]!)
        }
        for (const [count, survive] of rounds) {
          for (let i = 0; i < count; i++) {
            const body = Uint8Array.of(sent++)
            flight.push({ seq: sender.enqueue(body), body })
          }
          carry(survive)
          flight = [...sender.resumeAfter(receiver.received)]
        }
        carry(flight.length)
        sender.confirm(receiver.takeAck())
        expect(arrived).toEqual(Array.from({ length: sent }, (_, i) => i))
        expect(sender.pendingBytes).toBe(0)
      }),
    )
  })

  it('is bounded, and refuses what cannot be', () => {
    const delivery = new Delivery(10)
    delivery.enqueue(Buffer.alloc(8))
    expect(() => delivery.enqueue(Buffer.alloc(8))).toThrow(
      expect.objectContaining({ code: 'FLOW_GANG_CHANNEL_OVERFLOW' }),
    )
    expect(() => delivery.confirm(9)).toThrow(expect.objectContaining({ code: 'FLOW_GANG_CHANNEL_VIOLATION' }))
    expect(() => delivery.accept(2, 1)).toThrow(expect.objectContaining({ code: 'FLOW_GANG_CHANNEL_VIOLATION' }))
  })
})
