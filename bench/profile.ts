import { mkdirSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { runCommand } from './lib/command.ts'
import { readCpuProfile, type Place } from './lib/profile/cpu-profile.ts'
import { formatTimeline } from './lib/profile/timeline.ts'
import { Workplace } from './lib/workplace.ts'

const help = `npm run profile -- [options] FLOW.ts [parameters of the flow]

Runs a flow and says where the time goes: a timeline of the run's events with the phases of its gangs, and the
orchestrator's own time by package and by function.

  --top N      how many functions (default 20)
  --bodies     profile the bodies too, each into a file beside the orchestrator's
  --help       this text`

const own = process.argv.slice(2)
const file = own.findIndex(arg => !arg.startsWith('-') && /\.[cm]?[jt]s$/.test(arg))
const { values } = parseArgs({
  args: file < 0 ? own : own.slice(0, file),
  options: {
    top: { type: 'string', default: '20' },
    bodies: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) console.log(help)
else if (file < 0) {
  console.error(help)
  process.exitCode = 2
} else await profile(resolve(own[file] ?? ''), own.slice(file + 1))

async function profile(flow: string, parameters: readonly string[]): Promise<void> {
  using workplace = new Workplace()
  const {
    command: [node, ...args],
    env,
  } = workplace.flow(flow, ...parameters, '--json')
  // What a first run makes and later runs find is not what is looked for.
  await runCommand([node, ...args], { env, cwd: process.cwd() })
  const dir = join(import.meta.dirname, '.cache', `profile-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`)
  mkdirSync(dir)
  const options = ['--cpu-prof', '--cpu-prof-interval=200', `--cpu-prof-dir=${dir}`]
  const forAll = values.bodies ? { NODE_OPTIONS: options.join(' ') } : {}
  const started = Date.now()
  const { stdout, seconds } = await runCommand([node, ...(values.bodies ? [] : options), ...args], {
    env: { ...env, ...forAll },
    cwd: process.cwd(),
    stdout: 'keep',
  })
  console.log(
    `${Math.round(seconds * 1000)} ms in all (a profiled process is somewhat slower)\n\n${formatTimeline(stdout, started)}`,
  )
  for (const name of readdirSync(dir).filter(entry => entry.endsWith('.cpuprofile'))) {
    const { modules, functions } = readCpuProfile(join(dir, name))
    console.log(`\n${name}`)
    print('by package or file', modules.slice(0, Number(values.top) / 2))
    print('by function', functions.slice(0, Number(values.top)))
  }
  console.log(`\nOpen them in Chrome's DevTools or an editor: ${dir}`)
}

function print(title: string, places: readonly Place[]): void {
  console.log(`  ${title}`)
  for (const { name, ms } of places) console.log(`  ${ms.toFixed(1).padStart(9)} ms  ${name}`)
}
