import { dirname } from 'node:path'
import type { RosterEntry } from '@flow/core'

// Both MPICH and Intel MPI start by Hydra, which copies the launcher's whole environment over each node's own: nothing
// that is a node's own may be set for the launcher.

export function hydraHostLine(entry: Pick<RosterEntry, 'name' | 'slots'>): string {
  return `${entry.name}:${entry.slots}`
}

/**
 * Hydra starts each rank in the directory that its launcher has, which on another machine is not there: in the attempt's,
 * which all nodes have. The rank's wrapper goes on to the working directory of its own node.
 */
export function attemptDirectory(nodeDir: string): readonly string[] {
  return ['-wdir', dirname(nodeDir)]
}

/** The address that Hydra's proxies connect back to: control's in the roster, not what its host name resolves to. */
export function localhost(roster: readonly RosterEntry[]): readonly string[] {
  const address = roster[0]?.address
  return address === undefined ? [] : ['-localhost', address]
}
