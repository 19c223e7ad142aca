import { isIPv4 } from 'node:net'
import { networkInterfaceOf, type RosterEntry } from '@flow/core'

/** What launchers need to know of where the nodes are. */
export interface Network {
  /** The smallest IPv4 network, as CIDR, that has all nodes; undefined when there is none worth naming. */
  readonly cidr: string | undefined
  /** Control's own network interface: the one with its address. */
  readonly interface: string | undefined
  readonly isLoopback: boolean
  /** Nodes share one machine: its host name, its cores, its shared memory. */
  readonly isShared: boolean
}

export function networkOf(roster: readonly RosterEntry[]): Network {
  const addresses = roster.map(entry => entry.address)
  const isLoopback = addresses.every(address => address.startsWith('127.') || address === '::1')
  const isShared = roster.length > 1 && (isLoopback || new Set(addresses).size < addresses.length)
  const ofControl = networkInterfaceOf(addresses[0] ?? '')
  const all = { interface: ofControl, isLoopback, isShared }
  if (!addresses.every(address => isIPv4(address))) return { cidr: undefined, ...all }
  return { cidr: isLoopback ? '127.0.0.0/8' : coveringNetwork(addresses), ...all }
}

/** Interfaces are chosen by it, so a network too wide for any one interface says nothing. */
function coveringNetwork(addresses: readonly string[]): string | undefined {
  const numbers = addresses.map(address => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0))
  const first = numbers[0] ?? 0
  // A single address covers its usual network: the interface's own prefix is not known here.
  let bits = 24
  while (
    bits >= 8 &&
    numbers.some(number => Math.floor(number / 2 ** (32 - bits)) !== Math.floor(first / 2 ** (32 - bits)))
  )
    bits--
  if (bits < 8) return undefined
  const network = Math.floor(first / 2 ** (32 - bits)) * 2 ** (32 - bits)
  return `${[24, 16, 8, 0].map(shift => Math.floor(network / 2 ** shift) % 256).join('.')}/${bits}`
}
