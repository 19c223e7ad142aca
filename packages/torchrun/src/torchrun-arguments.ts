import { hostPort, type RosterEntry } from '@flow/core'

interface Rendezvous {
  readonly nodes: number
  readonly me: RosterEntry
  readonly control: RosterEntry
  readonly perNode: number
  readonly port: number
  readonly id: string
  /** The user's own words: what they say, is not said again. */
  readonly given: readonly string[]
}

/**
 * torchrun's words for who meets whom, where, and how many ranks each node has; to stand behind the user's own. Each word
 * that the user gives holds, and the others go on meaning this gang: torchrun's own defaults are a port that all share,
 * and a store on every node.
 */
export function rendezvousWords({ nodes, me, control, perNode, port, id, given }: Rendezvous): string[] {
  const says = (name: string): boolean => valueOf(given, name) !== undefined
  const ifUnsaid = (name: string, value: string | number): string[] => (says(name) ? [] : [`--${name}=${value}`])
  const ranks = ifUnsaid('nproc-per-node', perNode)
  if (given.includes('--standalone')) return ranks
  // Each node for itself: torchrun brings a rendezvous of its own.
  const hasPlace = ['rdzv-backend', 'rdzv-endpoint', 'master-port'].some(says)
  if (valueOf(given, 'nnodes') === '1' && !hasPlace) return [...ranks, '--standalone']
  const words = [...ranks, ...ifUnsaid('nnodes', nodes), ...ifUnsaid('local-addr', me.address)]
  // An elastic range, or restarts, need c10d's rendezvous, which can be entered again.
  const isElastic = valueOf(given, 'nnodes')?.includes(':') === true || restartsOf(given) > 0
  const backend = valueOf(given, 'rdzv-backend') ?? (isElastic ? 'c10d' : 'static')
  const isOurs = !says('rdzv-endpoint')
  if (backend === 'static') {
    const place = [...ifUnsaid('master-addr', control.address), ...ifUnsaid('master-port', port)]
    return [...words, ...ifUnsaid('node-rank', me.index), ...(isOurs ? place : [])]
  }
  words.push(...ifUnsaid('rdzv-backend', backend), ...ifUnsaid('rdzv-id', id))
  if (backend !== 'c10d' || !isOurs) return words
  // Who has the store: torchrun would look the host's name up for it.
  const configuration = [valueOf(given, 'rdzv-conf'), `is_host=${me.index === control.index ? 1 : 0}`]
  return [
    ...words,
    `--rdzv-endpoint=${hostPort(control.address, port)}`,
    `--rdzv-conf=${configuration.filter(Boolean).join(',')}`,
  ]
}

/** How often torchrun starts its ranks again. */
export function restartsOf(given: readonly string[]): number {
  return Number(valueOf(given, 'max-restarts') ?? 0) || 0
}

/** The value of a long option, written with `=` or as the next word, with dashes or underscores. */
function valueOf(words: readonly string[], name: string): string | undefined {
  for (const [index, word] of words.entries()) {
    const [key = '', ...value] = word.split('=')
    if (key.replaceAll('_', '-') !== `--${name}`) continue
    return value.length > 0 ? value.join('=') : words[index + 1]
  }
  return undefined
}
