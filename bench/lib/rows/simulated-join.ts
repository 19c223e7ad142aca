import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { runCommand } from '../command.ts'
import { type Row, type Sample, sides } from '../row.ts'
import { root, type Workplace } from '../workplace.ts'

const WORKERS = 1000
const SECONDS = 2
const MEGABYTES = 200
const source = join(root, 'packages/core/test/gang/simulate-join.ts')

/** A thousand simulated workers join a real channel server and are released. Time and memory are those of its process. */
export function simulatedJoinRow(workplace: Workplace): Row {
  return {
    id: 'join',
    title: '1,000 simulated nodes join and are released',
    goal: {
      text: `≤ ${SECONDS} s, ≤ ${MEGABYTES} MB`,
      isMet: ({ value, notes }) =>
        (value[sides.ours] ?? Infinity) <= SECONDS && (notes['peak MB'] ?? Infinity) <= MEGABYTES,
    },
    facts: { [sides.metaflow]: '– (polls every 5 s)' },
    async prepare() {
      const program = await bundle(workplace)
      const side = { name: sides.ours, measure: () => measure(program, workplace.env()) }
      await side.measure()
      return [side]
    },
  }
}

async function measure(program: string, env: NodeJS.ProcessEnv): Promise<Sample> {
  const { stdout } = await runCommand([process.execPath, program], { env, stdout: 'keep' })
  const measured = JSON.parse(stdout) as { seconds: number; peakMB: number; addedMB: number }
  return { value: measured.seconds, notes: { 'peak MB': measured.peakMB, 'of it the gang MB': measured.addedMB } }
}

// A process of its own for each run: memory is counted from nothing. Bundled, since Node does not find .ts by '.js'.
async function bundle(workplace: Workplace): Promise<string> {
  const entry = join(workplace.dir, 'join.ts')
  const outfile = join(workplace.dir, 'join.mjs')
  writeFileSync(
    entry,
    `import { simulateJoin } from ${JSON.stringify(source)}\nconsole.log(JSON.stringify(await simulateJoin(${WORKERS})))\n`,
  )
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    packages: 'external',
    // It finds its clients' program beside itself.
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(source).href) },
  })
  return outfile
}
