/** The candidate that differs least from a mistyped name, when it differs little. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const measured = candidates.map(candidate => ({
    candidate,
    distance: distance(name.toLowerCase(), candidate.toLowerCase()),
  }))
  const best = measured.toSorted((one, other) => one.distance - other.distance)[0]
  return best !== undefined && best.distance <= Math.max(1, Math.floor(name.length / 3)) ? best.candidate : undefined
}

/** Edits from one word to the other; two letters that changed places are one (Damerau-Levenshtein, restricted). */
function distance(from: string, to: string): number {
  let before: number[] = []
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const change = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      const swap = isSwap ? (before[j - 2] ?? 0) + 1 : Infinity
      next.push(Math.min(change, swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    before = row
    row = next
  }
  return row[to.length] ?? 0
}
