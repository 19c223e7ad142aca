import type { RosterEntry } from '@flow/core'
import * as v from 'valibot'

const publicKey = v.pipe(v.string(), v.regex(/^ssh-(?:ed25519|rsa) [A-Za-z0-9+/]+=*$/))

const schema = v.object({
  user: v.pipe(v.string(), v.regex(/^[^\s:@/'"%]+$/)),
  port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
  server: v.picklist(['openssh', 'builtin']),
  hostKey: publicKey,
  userKey: publicKey,
})

/** What a node makes known to the others: the public half of all it has. */
export type SshFacts = v.InferOutput<typeof schema>

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
  return roster.map(({ index, name, address, facts }) => ({ index, name, address, ...v.parse(schema, facts[FACT]) }))
}
