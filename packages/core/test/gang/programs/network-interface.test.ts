import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { setNetworkInterface } from '../../../src/gang/programs/network-interface.js'

function variablesAt(address: string, env: Readonly<Record<string, string>> = {}): Record<string, string> {
  const set: Record<string, string> = {}
  const me = { index: 0, name: 'node0', address, slots: 1, facts: {} }
  setNetworkInterface({ env, me, setEnv: (name, value) => void (set[name] = value) }, 'A_IFNAME', 'B_IFNAME')
  return set
}

const [loopback = ''] = Object.entries(networkInterfaces()).flatMap(([name, entries]) =>
  entries?.[0]?.internal === true ? [name] : [],
)

test.each(['127.0.0.1', '127.91.7.3'])('%s is of the loopback interface', address => {
  expect(variablesAt(address)).toEqual({ A_IFNAME: loopback, B_IFNAME: loopback })
})

test("every address of this machine is its interface's", () => {
  for (const [name, entries = []] of Object.entries(networkInterfaces()))
    for (const { address } of entries) expect(variablesAt(address)).toEqual({ A_IFNAME: name, B_IFNAME: name })
})

test('what the step has set stays', () => {
  expect(variablesAt('127.0.0.1', { A_IFNAME: 'eth7' })).toEqual({ B_IFNAME: loopback })
})

test.each(['192.0.2.1', '2001:db8::1', 'host.example'])('nothing is set for %s, which is not here', address => {
  expect(variablesAt(address)).toEqual({})
})
