import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import type { Io } from '../io.js'
import type { Colors } from '../output/colors.js'

/**
 * What is printed for an error that nobody foresaw: that it is a defect in Flow, and where its details are, never the
 * stack itself (but with `FLOW_DEBUG=1`).
 */
export function formatDefect(thrown: unknown, argv: readonly string[], io: Io, colors: Colors): string {
  const stack = inspect(thrown, { depth: 4 })
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const head = `${colors.bold(colors.red('error'))} ${colors.bold('FLOW_INTERNAL')}: This is a defect in Flow: ${message}\n`
  if (io.env['FLOW_DEBUG']) return `${head}${stack}\n`
  const file = writeDetails(stack, argv)
  const where = file === undefined ? 'set FLOW_DEBUG=1 to see the details' : `the details were written to ${file}`
  return `${head}  ${colors.dim('fix:')} please report it; ${where}\n`
}

function writeDetails(stack: string, argv: readonly string[]): string | undefined {
  const facts = `flow ${argv.join(' ')}\nNode.js ${process.version} on ${process.platform} ${process.arch}\n\n${stack}\n`
  try {
    const dir = join(tmpdir(), 'flow-defects')
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    const file = join(dir, `${new Date().toISOString().replaceAll(':', '')}-${process.pid}.txt`)
    writeFileSync(file, facts, { mode: 0o600, flag: 'wx' })
    return file
  } catch {
    return undefined
  }
}
