import { isIPv6 } from 'node:net'

/** `address:port`, with brackets around an IPv6 address, whose own colons hide that of the port. */
export function hostPort(address: string, port: number): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`
}
