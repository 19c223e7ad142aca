import { BlockList, isIP, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { ReadyContext } from '../hooks/index.js'

/**
 * Tells programs of this node which network to use, where they would look up the host's name, which may be no address of
 * this machine, or one that the other nodes do not reach: sets these variables to the name of the interface that has the
 * node's address in the roster, for the body and later programs. One that the step has set stays; where no interface has
 * the address (behind a NAT), none is set.
 *
 * @param variables Their names, e.g. 'GLOO_SOCKET_IFNAME'.
 *
 * @example
 * const glooed = gangDecorator({
 *   name: 'glooed',
 *   core: '^0.1.0',
 *   setup(gang) {
 *     gang.hooks.onReady.tap('glooed', ctx => setNetworkInterface(ctx, 'GLOO_SOCKET_IFNAME'))
 *   },
 * })
 */
export function setNetworkInterface(
  ctx: Pick<ReadyContext, 'env' | 'me' | 'setEnv'>,
  ...variables: readonly string[]
): void {
  const name = networkInterfaceOf(ctx.me.address)
  if (name === undefined) return
  for (const variable of variables) if (ctx.env[variable] === undefined) ctx.setEnv(variable, name)
}

/**
 * Name of this machine's network interface with an address; undefined where none has it, and for a name.
 *
 * @example
 * networkInterfaceOf('127.0.0.1') // → 'lo'
 */
export function networkInterfaceOf(address: string): string | undefined {
  if (isIP(address) === 0) return undefined
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  const wanted = new BlockList()
  wanted.addAddress(address, family)
  const isLoopback = loopback.check(address, family)
  for (const [name, entries = []] of Object.entries(networkInterfaces())) {
    // All of 127.0.0.0/8 is one interface's, which lists 127.0.0.1 only.
    if (entries.some(entry => (isLoopback ? entry.internal : wanted.check(entry.address, family)))) return name
  }
  return undefined
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')
