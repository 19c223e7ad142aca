// One rank of the conformance kit's program, for a step whose bodies are the ranks; what it does is told in
// conformance-rank.sh.
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * @param {number} rank
 * @param {number} ranks
 * @param {{ readonly how: string, readonly dir: string }} flow
 */
export async function runRank(rank, ranks, { how, dir }) {
  const note = what => writeFileSync(join(dir, `${what}-${rank}`), String(process.pid))
  process.on('SIGTERM', () => {
    note('sigterm')
    process.exit(143)
  })
  note('rank')
  while (readdirSync(dir).filter(name => name.startsWith('rank-')).length < ranks) await delay(50)
  if (how === 'ok') return
  if (how !== 'wait' && rank === ranks - 1) {
    console.error(`last words of rank ${rank}`)
    note('failed')
    if (how === 'exit') process.exit(3)
    if (how === 'kill') process.kill(process.pid, 'SIGKILL')
    else throw new Error('raised on purpose')
  }
  await delay(60_000)
}
