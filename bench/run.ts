import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Interrupted } from './lib/command.ts'
import { measureRow, type RowResult } from './lib/measure-row.ts'
import { formatPage, formatTable } from './lib/report.ts'
import { allRows } from './lib/rows/index.ts'
import { Workplace } from './lib/workplace.ts'

const help = `npm run bench -- [options]

Measures flow, Metaflow and plain mpirun side by side, prints the table and writes bench/RESULTS.md.

  --only ROW   only this row (can be repeated); the page is left as it is
  --runs N     runs of each side (default 5)
  --list       the rows
  --help       this text`

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    runs: { type: 'string', default: '5' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const runs = Number(values.runs)
using workplace = new Workplace()
const rows = allRows(workplace)
const unknown = values.only?.find(id => !rows.some(row => row.id === id))

if (values.help) console.log(help)
else if (values.list) for (const row of rows) console.log(`${row.id.padEnd(12)}${row.title}`)
else if (!Number.isInteger(runs) || runs < 1) refuse(`--runs is '${values.runs}': use an integer of 1 or more`)
else if (unknown !== undefined) refuse(`there is no row '${unknown}': there are ${rows.map(row => row.id).join(', ')}`)
else {
  try {
    await measure()
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
    process.exitCode = 130
  }
}

async function measure(): Promise<void> {
  const results: RowResult[] = []
  for (const row of rows) {
    if (values.only !== undefined && !values.only.includes(row.id)) continue
    const result = await measureRow(row, runs, text => progress(`${row.id}: ${text}`))
    results.push(result)
    progress('')
    if (result.state !== 'measured') console.error(`${row.id}: ${result.state}: ${result.reason}`)
    if (result.state === 'failed') process.exitCode = 1
  }
  console.log(formatTable(results))
  if (values.only === undefined) writeFileSync(join(import.meta.dirname, 'RESULTS.md'), formatPage(results, runs))
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

function refuse(text: string): void {
  console.error(text)
  process.exitCode = 2
}
