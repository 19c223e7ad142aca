import { rmSync } from 'node:fs'
import { type CommandOptions, runCommand } from '../command.ts'
import { type Row, type Sample, type Side, sides } from '../row.ts'
import type { Workplace } from '../workplace.ts'
import { type Physical, physicalSide } from './physical.ts'

interface Work {
  readonly id: string
  readonly title: string
  /** Seconds that ours may take on a machine on which Metaflow takes so many. What has to hold is their ratio. */
  readonly goal: { readonly ours: number; readonly metaflow: number }
  /** Name of the flow in bench/flows, and of its twin in bench/metaflow. */
  readonly flows: readonly [ours: string, metaflow: string]
  /** Options that both understand. */
  readonly options?: readonly string[]
  readonly physical?: Physical
  /** A number that both flows print and that belongs beside the time. */
  readonly note?: { readonly name: string; readonly pattern: RegExp }
}

const works: readonly Work[] = [
  {
    id: 'steps',
    title: '4-step flow, no work (raw: 5 bare Node.js processes)',
    goal: { ours: 0.25, metaflow: 1.4 },
    flows: ['four-steps', 'four_steps'],
    physical: { kind: 'processes', count: 5, atOnce: 1 },
  },
  {
    id: 'gang',
    // A process for the run, one for each single step, two for each node.
    title: '4 steps, one of them a 4-node gang, no work (raw: 12 bare Node.js processes)',
    goal: { ours: 0.4, metaflow: 2.3 },
    flows: ['gang', 'gang'],
    physical: { kind: 'processes', count: 12, atOnce: 4 },
  },
  {
    id: 'foreach',
    title: 'foreach over 64, 4 at a time (raw: 68 bare Node.js processes)',
    physical: { kind: 'processes', count: 68, atOnce: 4 },
    goal: { ours: 1.5, metaflow: 12.8 },
    flows: ['foreach', 'foreach'],
    options: ['--max-workers', '4'],
  },
  {
    id: 'artifact',
    title: '256 MB random artifact, saved and loaded (raw: made, hashed, flushed to the disk; read, hashed)',
    physical: { kind: 'artifact' },
    goal: { ours: 0.7, metaflow: 7.2 },
    flows: ['artifact', 'artifact'],
    note: { name: 'making it (ms)', pattern: /made the bytes in (\d+) ms/ },
  },
  {
    id: 'logs',
    title: '100,000 log lines (raw: printed by one Node.js process into a pipe)',
    physical: { kind: 'lines' },
    goal: { ours: 0.5, metaflow: 4 },
    flows: ['log-lines', 'log_lines'],
  },
]

/** Rows in which the same flow runs under both systems, timed as a whole: `flow run …` against `python FLOW.py run …`. */
export function sideBySideRows(workplace: Workplace): readonly Row[] {
  return works.map(work => ({
    id: work.id,
    title: work.title,
    goal: goalOf(work.goal),
    async prepare() {
      const raw = work.physical === undefined ? [] : [physicalSide(workplace, work.physical)]
      const all = [ours(workplace, work), await metaflow(workplace, work), ...raw]
      // The first run fills caches on both sides: ours the code package's, Python's its byte code.
      for (const side of all) await side.measure()
      return all
    },
  }))
}

function goalOf({ ours: seconds, metaflow: reference }: Work['goal']): Row['goal'] {
  const ratio = reference / seconds
  return {
    text: `${ratio.toFixed(1)} × (${seconds} s where Metaflow takes ${reference} s)`,
    isMet: ({ value }) => (value[sides.ours] ?? Infinity) * ratio <= (value[sides.metaflow] ?? 0),
  }
}

function ours(workplace: Workplace, work: Work): Side {
  const { command, env } = workplace.ownFlow(work.flows[0], ...(work.options ?? []))
  return { name: sides.ours, measure: () => measure(work, command, { env }) }
}

async function metaflow(workplace: Workplace, work: Work): Promise<Side> {
  const { command, env, store } = await workplace.metaflow(work.flows[1], ...(work.options ?? []))
  return {
    name: sides.metaflow,
    async measure() {
      const sample = await measure(work, command, { env, cwd: workplace.dir })
      rmSync(store, { recursive: true, force: true })
      return sample
    },
  }
}

async function measure({ note }: Work, command: [string, ...string[]], options: CommandOptions): Promise<Sample> {
  // Reading what a side prints costs this process time that the side would wait for: only where it is needed.
  const { seconds, stdout } = await runCommand(command, { ...options, stdout: note === undefined ? 'discard' : 'keep' })
  if (note === undefined) return { value: seconds }
  return { value: seconds, notes: { [note.name]: Number(note.pattern.exec(stdout)?.[1]) } }
}
