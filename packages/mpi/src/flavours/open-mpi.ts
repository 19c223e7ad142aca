import type { RosterEntry } from '@flow/core'

/** What both generations want before they run as root, as in a container. */
export function asRoot(prefix: 'OMPI' | 'PRTE'): Readonly<Record<string, string>> {
  return { [`${prefix}_ALLOW_RUN_AS_ROOT`]: '1', [`${prefix}_ALLOW_RUN_AS_ROOT_CONFIRM`]: '1' }
}

export function hostfileLine(entry: Pick<RosterEntry, 'name' | 'slots'>): string {
  return `${entry.name} slots=${entry.slots}`
}
