import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ReadyContext } from '@flow/core'

/** The service's program. It travels to every node as it is: it may import what Node.js has, and nothing else. */
export const serverFile = new URL('./server.js', import.meta.url)

/** Where the service is, and what it asks for. */
export interface KvAddress {
  readonly url: string
  readonly token: string
  readonly pid: number
}

/**
 * Starts the service on this node. It lives as long as the gang; its end is the gang's failure.
 *
 * @throws `FLOW_GANG_SERVICE_NOT_READY`
 */
export async function startServer(ctx: ReadyContext, readyTimeout: number): Promise<KvAddress> {
  const token = randomBytes(24).toString('hex')
  // A file that only this user can read: others see a program's arguments, and a child inherits its environment.
  const tokenFile = join(ctx.dir, 'kv-token')
  await writeFile(tokenFile, token, { mode: 0o600 })
  // A port of its own, so that gangs on one machine never meet; released for the program that binds it.
  const lease = await ctx.lease()
  await lease.release()
  const { address } = ctx.me
  const service = await ctx.service({
    name: 'kv',
    command: [process.execPath, fileURLToPath(serverFile), address, String(lease.port), tokenFile],
    ready: /^kv is ready$/,
    readyTimeout,
  })
  return { url: `http://${address}:${lease.port}`, token, pid: service.pid }
}
