import { parseArgs } from 'node:util'
import { conformance, type ConformanceCheck, type FaultReport, randomFaults } from '@flow/core/testing'
import { kits } from '../test/conformance/extensions.ts'

const help = `npm run faults -- [options]

Brings every fault of docs/faults.md about under every extension, with real processes, and prints what came of it: how
the run ended, milliseconds from the fault to the SIGTERM of the first rank (noticed) and of the last (stopped) and until
nothing was left (ended), and what was left. Exits with 1 when something does not hold.

  --only EXTENSION   only this one (can be repeated): ${Object.keys(kits).join(', ')}
  --fault TEXT       only faults whose name has this text
  --random N         instead, N gangs of each extension, each hit at a random moment
  --seed N           with --random: the same choices again
  --json             one line of JSON for each fault
  --help             this text`

const heads = [
  'extension',
  'fault                                   ',
  'outcome     ',
  'exit',
  'noticed',
  'stopped',
  'ended',
  'left',
  'holds',
]

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    fault: { type: 'string', default: '' },
    random: { type: 'string' },
    seed: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const unknown = values.only?.find(name => kits[name] === undefined)
const wrongNumber = [values.random, values.seed].find(text => text !== undefined && !/^\d+$/.test(text))

if (values.help) console.log(help)
else if (unknown !== undefined) refuse(`there is no extension '${unknown}': there are ${Object.keys(kits).join(', ')}`)
else if (wrongNumber !== undefined) refuse(`'${wrongNumber}' is no number of gangs and no seed`)
else await tryAll(checks())

function checks(): ConformanceCheck[] {
  const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed)
  return Object.entries(kits)
    .filter(([name]) => values.only?.includes(name) ?? true)
    .flatMap(([, { extension, program }]) =>
      values.random === undefined
        ? conformance(extension, program).filter(({ fault }) => fault.includes(values.fault))
        : randomFaults(extension, program, { count: Number(values.random), seed }),
    )
}

async function tryAll(all: readonly ConformanceCheck[]): Promise<void> {
  const failed: FaultReport[] = []
  if (!values.json) console.log(`${line(heads)}\n${line(heads.map(head => '-'.repeat(head.length)))}`)
  for (const [index, check] of all.entries()) {
    progress(`${index + 1} of ${all.length}: ${check.name}`)
    // One after another: several at once would only measure each other.
    // oxlint-disable-next-line no-await-in-loop
    const report = await check.measure()
    progress('')
    if (!isGood(report)) failed.push(report)
    if (values.json) console.log(JSON.stringify(report))
    else console.log(line(cellsOf(report)))
  }
  for (const { extension, fault, problems, leftovers, output } of failed) {
    const wrong = [...problems, ...leftovers.map(left => `left over: ${left}`)]
    console.error(`\n${extension}: ${fault}\n- ${wrong.join('\n- ')}\n${values.json ? '' : output}`)
  }
  console.error(`\n${all.length} faults, ${failed.length} of them do not hold`)
  if (failed.length > 0) process.exitCode = 1
}

function cellsOf(report: FaultReport): string[] {
  return [
    report.extension,
    report.fault,
    report.outcome ?? '–',
    String(report.exitCode ?? '–'),
    ms(report.noticedMs),
    ms(report.stoppedMs),
    ms(report.endedMs),
    String(report.leftovers.length),
    isGood(report) ? 'yes' : 'NO',
  ]
}

function ms(time: number | undefined): string {
  return time === undefined ? '–' : String(time)
}

function isGood({ problems, leftovers }: FaultReport): boolean {
  return problems.length === 0 && leftovers.length === 0
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell, column) => cell.padEnd(heads[column]?.length ?? 0)).join(' | ')} |`
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

function refuse(text: string): void {
  console.error(text)
  process.exitCode = 2
}
