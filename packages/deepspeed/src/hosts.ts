import { FlowError, type RosterEntry } from '@flow/core'
import type { DeepSpeedArguments } from './deepspeed-arguments.js'

/** A node that takes part in a run, with the accelerators (or just places) that its ranks get, one each. */
export interface Host {
  readonly index: number
  readonly name: string
  readonly address: string
  readonly devices: readonly number[]
}

export interface HostsInput {
  readonly roster: readonly RosterEntry[]
  /** Ranks of a node that no hostfile names. */
  readonly slotsOf: (entry: RosterEntry) => number
  readonly given: Pick<DeepSpeedArguments, 'include' | 'exclude' | 'numNodes' | 'numGpus'>
  /** The text of the user's own hostfile. */
  readonly hostfile?: string | undefined
  /** `CUDA_VISIBLE_DEVICES`, where ranks are to have GPUs. */
  readonly visibleDevices?: string | undefined
}

/**
 * The nodes of a run in the order of their ranks: those of the user's hostfile, else all; then what `--include`,
 * `--exclude`, `--num_nodes` and `--num_gpus` leave of them, as the command `deepspeed` reads them. Where the user
 * gave none of these, devices are the first that are visible: DeepSpeed's launcher replaces `CUDA_VISIBLE_DEVICES` by
 * the devices of its node.
 *
 * @throws `FLOW_DEEPSPEED_HOSTFILE`, `FLOW_DEEPSPEED_OPTIONS`
 */
export function hostsOf({ roster, slotsOf, given, hostfile, visibleDevices }: HostsInput): readonly Host[] {
  const pool =
    hostfile === undefined
      ? roster.map(entry => toHost(entry, slotsOf(entry)))
      : parseHostfile(hostfile).map(line => toHost(nodeOf(line.name, roster), line.slots))
  const { include, exclude, numNodes, numGpus } = given
  if ((hostfile ?? include ?? exclude ?? numNodes ?? numGpus) === undefined)
    return pool.map(host => ({ ...host, devices: visibleOf(host.devices, visibleDevices) }))
  if (include !== undefined && exclude !== undefined) throw badFilter('--include and --exclude exclude each other')
  if ((include ?? exclude) !== undefined && (numNodes ?? numGpus) !== undefined)
    throw badFilter('--num_nodes and --num_gpus do not go with --include and --exclude')
  const chosen = filter(pool, include, true) ?? filter(pool, exclude, false) ?? pool
  const hosts = chosen.slice(0, numNodes)
  if (hosts.length === 0) throw badFilter('no node is left')
  return numGpus === undefined ? hosts : hosts.map(host => ({ ...host, devices: range(numGpus) }))
}

/** What DeepSpeed calls world info: the devices of each node, in the order of the nodes' ranks. */
export function worldInfo(hosts: readonly Host[]): string {
  const world = Object.fromEntries(hosts.map(({ name, devices }) => [name, devices]))
  // Python's urlsafe_b64decode wants the padding that 'base64url' leaves out.
  return Buffer.from(JSON.stringify(world)).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}

function toHost({ index, name, address }: RosterEntry, slots: number): Host {
  return { index, name, address, devices: range(slots) }
}

/** As many of the visible devices; the devices as they are where these are no plain list, or too few. */
function visibleOf(devices: readonly number[], visible = ''): readonly number[] {
  if (!/^\d+(,\d+)*$/.test(visible)) return devices
  const listed = visible.split(',').map(Number)
  return listed.length < devices.length ? devices : listed.slice(0, devices.length)
}

function parseHostfile(text: string): { readonly name: string; readonly slots: number }[] {
  const lines = text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
  const names = new Set<string>()
  const hosts = lines.map(line => {
    const match = /^(\S+)\s+slots=(\d+)/.exec(line)
    if (match?.[1] === undefined) throw badHostfile(`cannot be understood: ${line}`)
    if (names.has(match[1])) throw badHostfile(`names ${match[1]} twice`)
    names.add(match[1])
    return { name: match[1], slots: Number(match[2]) }
  })
  if (hosts.length === 0) throw badHostfile('is empty')
  return hosts
}

function nodeOf(name: string, roster: readonly RosterEntry[]): RosterEntry {
  const entry = roster.find(nodeCalled(name))
  if (entry !== undefined) return entry
  throw badHostfile(`names ${name}, which is no node of this gang (${roster.map(one => one.name).join(', ')})`)
}

function nodeCalled(name: string): (node: Pick<RosterEntry, 'name' | 'address'>) => boolean {
  return node => node.name === name || node.address === name
}

/** `NODE[:SLOT,…][@NODE…]`: only these are left, or all but these. */
function filter(pool: readonly Host[], text: string | undefined, isInclude: boolean): readonly Host[] | undefined {
  if (text === undefined) return undefined
  const wanted = new Map<string, readonly number[]>()
  for (const part of text.split('@')) {
    // An IPv6 address has colons of its own: slots are behind the last colon of what is no node as a whole.
    const colon = pool.some(nodeCalled(part)) ? -1 : part.lastIndexOf(':')
    const name = colon === -1 ? part : part.slice(0, colon)
    const slots = colon === -1 ? undefined : part.slice(colon + 1)
    const host = pool.find(nodeCalled(name))
    if (host === undefined)
      throw badFilter(`${part} names no node of this run (${pool.map(one => one.name).join(', ')})`)
    const devices = slots === undefined ? host.devices : slots.split(',').map(Number)
    const unknown = devices.find(device => !host.devices.includes(device))
    if (unknown !== undefined) throw badFilter(`${name} has no slot ${unknown}`)
    wanted.set(host.name, [...new Set([...(wanted.get(host.name) ?? []), ...devices])])
  }
  return pool
    .map(host => {
      const named = wanted.get(host.name) ?? []
      return { ...host, devices: host.devices.filter(device => named.includes(device) === isInclude) }
    })
    .filter(({ devices }) => devices.length > 0)
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

function badFilter(why: string): FlowError {
  return new FlowError('FLOW_DEEPSPEED_OPTIONS', {
    message: `deepspeedArgs: ${why}`,
    fix: "Name nodes of the gang (node0, node1, …), e.g. include: 'node0@node1:0,1'.",
  })
}

function badHostfile(why: string): FlowError {
  return new FlowError('FLOW_DEEPSPEED_HOSTFILE', {
    message: `The hostfile ${why}`,
    fix: "Give each node of the gang a line such as 'node0 slots=2', or leave the hostfile out: Flow makes one.",
  })
}
