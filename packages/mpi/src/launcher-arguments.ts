import { FlowError, type RosterEntry } from '@flow/core'

const COUNT = ['-n', '-np', '-c', '--n', '--np']
const COUNT_PER_NODE = [
  '-N',
  '-npernode',
  '--npernode',
  '--ppr',
  '-ppr',
  '-ppn',
  '-perhost',
  '-pernode',
  '--pernode',
  '-grr',
  '-rr',
]
const HOSTS = [
  '-f',
  '-hostfile',
  '--hostfile',
  '-machinefile',
  '--machinefile',
  '-H',
  '-host',
  '--host',
  '-hosts',
  '--hosts',
  '-default-hostfile',
  '--default-hostfile',
  '-rankfile',
  '--rankfile',
  '-rf',
  '--rf',
  '-configfile',
  '--app',
  '-app',
]
const OVERSUBSCRIBE = ['-oversubscribe', '--oversubscribe']

/** What the user's own words for mpirun already settle. */
export interface GivenArguments {
  /** Ranks asked for by number; undefined when they are not, or not by a plain number. */
  readonly ranks: number | undefined
  /** The number of ranks is settled, by number or in another way (per node, by an application file). */
  readonly saysRanks: boolean
  /** The hosts are settled: a user's own hostfile wins. */
  readonly saysHosts: boolean
  readonly mayOversubscribe: boolean
}

export function readArguments(args: readonly string[]): GivenArguments {
  let ranks: number | undefined
  let saysRanks = false
  let saysHosts = false
  let mayOversubscribe = false
  for (const [index, arg] of args.entries()) {
    const name = arg.split('=', 1)[0] ?? ''
    const value = arg.includes('=') ? arg.slice(name.length + 1) : args[index + 1]
    if (COUNT.includes(name)) {
      saysRanks = true
      ranks = /^\d+$/.test(value ?? '') ? Number(value) : undefined
    } else if (COUNT_PER_NODE.includes(name)) saysRanks = true
    else if (HOSTS.includes(name)) saysHosts = true
    else if (OVERSUBSCRIBE.includes(name)) mayOversubscribe = true
    else if (name === '--map-by' || name === '-map-by') {
      saysRanks ||= /\bppr:/i.test(value ?? '')
      mayOversubscribe ||= /:oversubscribe\b/i.test(value ?? '')
    }
  }
  return { ranks, saysRanks, saysHosts, mayOversubscribe }
}

/**
 * Refuses more ranks than slots here, in one way for all MPIs: some would start them all the same, others wait.
 *
 * @throws `FLOW_MPI_SLOTS`
 */
export function checkSlots(given: GivenArguments, roster: readonly RosterEntry[]): void {
  const slots = roster.reduce((sum, entry) => sum + entry.slots, 0)
  if (given.ranks === undefined || given.saysHosts || given.mayOversubscribe || given.ranks <= slots) return
  const each = new Set(roster.map(entry => entry.slots))
  throw new FlowError('FLOW_MPI_SLOTS', {
    message: `${given.ranks} ranks were asked for, and the gang has ${slots} slots: ${roster.length} nodes${each.size === 1 ? ` with ${[...each][0]} each` : ` (${roster.map(entry => `${entry.name}: ${entry.slots}`).join(', ')})`}`,
    why: "A node takes as many ranks as the step's @resources({ cpu }) says, 1 without it.",
    fix: `Ask for ${slots} ranks at most, raise @resources({ cpu }) or numParallel, or give '--oversubscribe' among args.`,
    details: { ranks: given.ranks, slots },
  })
}
