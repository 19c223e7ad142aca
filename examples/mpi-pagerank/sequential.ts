/** splitmix32: the same few lines in pagerank.c, so that both make the same graph. */
function random(state: number): number {
  let z = (state + 0x9e3779b9) | 0
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
  return (z ^ (z >>> 15)) >>> 0
}

const DAMPING = 0.85

/** PageRank by the book, in one process. Pages without links spread their score over all pages. */
export function sequentialPageRank(pages: number, edges: number, seed: number, iterations: number): Float64Array {
  const from = new Uint32Array(edges)
  const to = new Uint32Array(edges)
  const degree = new Uint32Array(pages)
  for (let edge = 0; edge < edges; edge++) {
    from[edge] = random(seed + 2 * edge) % pages
    // The product of two draws: some pages get many more links than others.
    const draw = random(seed + 2 * edge + 1)
    to[edge] = Math.floor((((draw >>> 16) * (draw & 0xffff)) / 0x1_0000_0000) * pages)
    degree[from[edge]!]!++
  }
  let scores = new Float64Array(pages).fill(1 / pages)
  for (let round = 0; round < iterations; round++) {
    const next = new Float64Array(pages)
    let loose = 0
    for (let page = 0; page < pages; page++) if (degree[page] === 0) loose += scores[page]!
    for (let edge = 0; edge < edges; edge++) next[to[edge]!]! += scores[from[edge]!]! / degree[from[edge]!]!
    for (let page = 0; page < pages; page++)
      next[page] = (1 - DAMPING) / pages + DAMPING * (next[page]! + loose / pages)
    scores = next
  }
  return scores
}
