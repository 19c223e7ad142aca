import type { RosterEntry } from '@flow/core'
import { z } from 'zod'

const publicKey = z.string().regex(/^ssh-(?:ed25519|rsa) [A-Za-z0-9+/]+=*$/)

const schema = z.object({
  user: z.string().regex(/^[^\s:@/'"%]+$/),
  port: z.int().min(1).max(65_535),
  server: z.enum(['openssh', 'builtin']),
  hostKey: publicKey,
  userKey: publicKey,
})

/** What a node makes known to the others: the public half of all it has. */
export type SshFacts = z.infer<typeof schema>

/** The fact that holds them. */
export const FACT = 'ssh'

/** A node of the mesh. */
export interface MeshNode extends SshFacts {
  readonly index: number
  readonly name: string
  readonly address: string
}

/** The mesh as the roster tells it. What other nodes wrote goes into configuration files, so it is checked. */
export function meshOf(roster: readonly RosterEntry[]): MeshNode[] {
  return roster.map(({ index, name, address, facts }) => ({ index, name, address, ...schema.parse(facts[FACT]) }))
}
