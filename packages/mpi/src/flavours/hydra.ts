import type { RosterEntry } from '@flow/core'

// Both MPICH and Intel MPI start by Hydra, which copies the launcher's whole environment over each node's own: nothing
// that is a node's own may be set for the launcher.

export function hydraHostLine(entry: Pick<RosterEntry, 'name' | 'slots'>): string {
  return `${entry.name}:${entry.slots}`
}

/** The address that Hydra's proxies connect back to: control's in the roster, not what its host name resolves to. */
export function localhost(roster: readonly RosterEntry[]): readonly string[] {
  const address = roster[0]?.address
  return address === undefined ? [] : ['-localhost', address]
}
