import type { RosterEntry } from '@flow/core'

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

/** torchrun's words for who meets whom, where, and how many ranks each node has. */
export function rendezvousWords({ nodes, me, control, perNode, port, id, given }: Rendezvous): string[] {
  const says = (...names: readonly string[]): boolean => names.some(name => valueOf(given, name) !== undefined)
  const words = says('nproc-per-node') ? [] : [`--nproc-per-node=${perNode}`]
  // Each node for itself: torchrun brings a rendezvous of its own.
  if (given.includes('--standalone')) return words
  if (!says('nnodes')) words.push(`--nnodes=${nodes}`)
  if (!says('local-addr')) words.push(`--local-addr=${me.address}`)
  if (says('rdzv-backend', 'rdzv-endpoint')) return words
  // An elastic range, or restarts, need c10d's rendezvous, which can be entered again.
  if (valueOf(given, 'nnodes')?.includes(':') === true || restartsOf(given) > 0) {
    return [
      ...words,
      '--rdzv-backend=c10d',
      `--rdzv-endpoint=${control.address}:${port}`,
      `--rdzv-id=${id}`,
      `--rdzv-conf=is_host=${me.index === control.index ? 1 : 0}`,
    ]
  }
  return [...words, `--node-rank=${me.index}`, `--master-addr=${control.address}`, `--master-port=${port}`]
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
