import { isIPv6 } from 'node:net'

/**
 * An address and a port as one word, for URLs and what else is cut at the last colon.
 *
 * @example
 * hostPort('10.0.0.1', 6379) // → '10.0.0.1:6379'
 * hostPort('fd00::1', 6379) // → '[fd00::1]:6379'
 */
export function hostPort(address: string, port: number): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`
}
