import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../command.ts'
import { NotYet, type Row, type Sample, sides } from '../row.ts'
import { root, type Workplace } from '../workplace.ts'

const GOAL = 0.5

interface Death {
  readonly id: string
  readonly title: string
  readonly flow: string
  /** How many others have to hear SIGTERM. */
  readonly others: number
  /** What the times in the files are counted in, in a second. */
  readonly unit: number
  readonly needsMpi: boolean
}

const deaths: readonly Death[] = [
  {
    id: 'body-death',
    title: "a body dies → SIGTERM delivered to every other node's body",
    flow: 'body-death',
    others: 3,
    unit: 1e3,
    needsMpi: false,
  },
  {
    id: 'rank-death',
    title: 'a rank dies → SIGTERM delivered to every other rank',
    flow: 'rank-death',
    others: 7,
    unit: 1e9,
    needsMpi: true,
  },
]

/** Rows that measure how long a gang takes to stop; the flows write the times themselves, by this machine's one clock. */
export function deathRows(workplace: Workplace): readonly Row[] {
  return deaths.map(death => ({
    id: death.id,
    title: death.title,
    goal: { text: `≤ ${GOAL} s`, isMet: ({ value }) => (value[sides.ours] ?? Infinity) <= GOAL },
    facts: { [sides.metaflow]: 'late or never' },
    async prepare() {
      if (death.needsMpi && !(await hasMpi())) throw new NotYet('@flow/mpi is not there yet')
      const side = { name: sides.ours, measure: () => measure(workplace, death) }
      await side.measure()
      return [side]
    },
  }))
}

async function measure(workplace: Workplace, { flow, others, unit }: Death): Promise<Sample> {
  const dir = workplace.folder('death')
  const { command, env } = workplace.ownFlow(flow, '--dir', dir)
  const { seconds } = await runCommand(command, { env, exitCode: 1 })
  const times = (what: string): number[] =>
    readdirSync(dir)
      .filter(name => name.startsWith(`${what}-`))
      .map(name => Number(readFileSync(join(dir, name), 'utf8')) / unit)
  const [death] = times('death')
  const heard = times('sigterm')
  if (death === undefined) throw new Error(`${flow}: nobody died`)
  if (heard.length !== others) throw new Error(`${flow}: SIGTERM reached ${heard.length} of ${others}`)
  return { value: Math.max(...heard) - death, notes: { 'whole run (s)': seconds } }
}

async function hasMpi(): Promise<boolean> {
  try {
    return 'mpi' in (await import(join(root, 'packages/mpi/dist/index.js')))
  } catch {
    return false
  }
}
