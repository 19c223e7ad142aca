import { createServer } from 'node:net'
import { join } from 'node:path'
import { pythonEnvironment } from '../python.ts'
import { runCommand } from '../command.ts'
import { type Row, type Sample, sides } from '../row.ts'
import { root, type Workplace } from '../workplace.ts'

/** What a framework may cost under a flow: so many seconds more than by hand, or so large a part, whichever is more. */
const SECONDS = 0.5
const PART = 0.05

interface Framework {
  readonly id: string
  readonly title: string
  readonly flow: string
  /** In bench/raw; gets a free port and an empty folder. */
  readonly script: string
  /** As the flow's own @pypi. */
  readonly packages: Readonly<Record<string, string>>
  /** What the program prints on both sides. */
  readonly output: string
}

const frameworks: readonly Framework[] = [
  {
    id: 'torchrun',
    title: 'torchrun, 2 nodes × 2 ranks, one all-reduce (raw: two agents by hand)',
    flow: 'torch-reduce',
    script: 'torchrun.sh',
    packages: { torch: '2.13.0', numpy: '2.3.5' },
    output: '4 ranks, sum 6',
  },
  {
    id: 'deepspeed',
    title: 'DeepSpeed, 2 nodes × 2 ranks, one all-reduce (raw: `deepspeed --no_ssh` twice)',
    flow: 'deepspeed-reduce',
    script: 'deepspeed.sh',
    packages: { torch: '2.13.0', numpy: '2.3.5', deepspeed: '0.19.8' },
    output: '4 ranks, sum 6',
  },
  {
    id: 'tensorflow',
    title: 'TensorFlow, 2 workers, one all-reduce (raw: two programs by hand)',
    flow: 'tensorflow-reduce',
    script: 'tensorflow.sh',
    packages: { 'tensorflow-cpu': '2.21.0', 'tf-keras': '2.21.0' },
    output: '2 workers, sum 2',
  },
  {
    id: 'ray',
    title: 'Ray, 2 nodes, two tasks (raw: `ray start` twice)',
    flow: 'ray-tasks',
    script: 'ray.sh',
    packages: { 'ray[default,train]': '2.60.0', 'xgboost-cpu': '3.2.0' },
    output: '2 nodes, squares [4, 9]',
  },
]

/** The same program under a flow, and under the framework's own launcher, on this machine alone. */
export function frameworkRows(workplace: Workplace): readonly Row[] {
  return frameworks.map(framework => ({
    id: framework.id,
    title: framework.title,
    goal: {
      text: `≤ raw + ${SECONDS} s or ${PART * 100} %`,
      isMet: ({ value }) => {
        const raw = value[sides.raw] ?? 0
        return (value[sides.ours] ?? Infinity) <= raw + Math.max(SECONDS, raw * PART)
      },
    },
    async prepare() {
      const ours = workplace.ownFlow(framework.flow)
      const env = await pythonEnvironment(workplace, framework.packages)
      const script = join(root, 'bench/raw', framework.script)
      const both = [
        { name: sides.ours, measure: () => measure(framework, ours.command, { env: ours.env }) },
        {
          name: sides.raw,
          measure: async () => {
            const args = [String(await freePort()), workplace.folder('raw')]
            return measure(framework, ['sh', script, ...args], { env, cwd: join(root, 'bench/flows') })
          },
        },
      ]
      for (const side of both) await side.measure()
      return both
    },
  }))
}

async function measure(
  { output }: Framework,
  command: readonly [string, ...string[]],
  options: { env: NodeJS.ProcessEnv; cwd?: string },
): Promise<Sample> {
  const { seconds, stdout } = await runCommand(command, { ...options, stdout: 'keep' })
  if (!stdout.includes(output)) throw new Error(`no '${output}' in:\n${stdout}`)
  return { value: seconds }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
