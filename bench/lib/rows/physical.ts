import { join } from 'node:path'
import { runCommand } from '../command.ts'
import { type Side, sides } from '../row.ts'
import type { Workplace } from '../workplace.ts'

/** What cannot be had for less: the same processes, bytes and files, with nothing in between. */
export type Physical =
  | { readonly kind: 'processes'; readonly count: number; readonly atOnce: number }
  | { readonly kind: 'artifact' }
  | { readonly kind: 'lines' }

const rawFile = (name: string): string => join(import.meta.dirname, '../../raw', name)

export function physicalSide(workplace: Workplace, physical: Physical): Side {
  const env = workplace.env()
  const time = async (command: readonly [string, ...string[]]): Promise<number> =>
    (await runCommand(command, { env })).seconds
  return {
    name: sides.raw,
    async measure() {
      if (physical.kind === 'processes') return { value: await time(bareProcesses(physical)) }
      if (physical.kind === 'lines')
        return {
          value: await time(['sh', '-c', '"$0" "$1" | cat >/dev/null', process.execPath, rawFile('log-lines.mjs')]),
        }
      const program = rawFile('artifact.mjs')
      const file = join(workplace.folder('raw'), 'data')
      const saved = await time([process.execPath, program, 'save', file])
      return { value: saved + (await time([process.execPath, program, 'load', file])) }
    },
  }
}

// Node.js with an empty program, so many times, so many of them at once.
function bareProcesses({ count, atOnce }: { count: number; atOnce: number }): readonly [string, ...string[]] {
  return ['sh', '-c', `seq ${count} | xargs -P ${atOnce} -n 1 "$0" -e ''`, process.execPath]
}
