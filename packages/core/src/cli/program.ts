import { Command, CommanderError } from 'commander'
import { FlowError } from '../errors/index.js'
import { commands } from './commands/table.js'
import type { Io } from './io.js'
import { ownVersion } from './own-version.js'
import { exitCodes, Session } from './session.js'
import { fromCommander, isUsage } from './usage.js'

/**
 * Runs the command `flow`.
 *
 * @param argv The arguments after `flow`.
 * @returns The exit code: 0 ok, 1 failed, 2 usage, 130 interrupted. Never rejects: errors are printed.
 *
 * @example
 * const { env, stdout, stderr } = process
 * const code = await runCli(['run', 'flow.ts', '--max-workers', '2'], { env, stdout, stderr, cwd: '/project' })
 */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  const session = new Session(argv, io)
  try {
    await parse(session)
  } catch (thrown) {
    session.exitCode = await report(thrown, session)
  }
  await session.out.drained()
  await session.err.drained()
  return session.exitCode
}

async function parse(session: Session): Promise<void> {
  // `flow help run` means `flow run --help`.
  const [first, second, ...rest] = session.argv
  const argv = first === 'help' ? [...(second === undefined ? [] : [second]), ...rest, '--help'] : session.argv
  const name = argv.find(argument => !argument.startsWith('-'))
  await (await createProgram(session, name)).parseAsync(argv, { from: 'user' })
}

async function createProgram(session: Session, chosen: string | undefined): Promise<Command> {
  const program = new Command('flow')
    .description('Flows of steps, gangs of nodes: run parallel programs from TypeScript')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: text => session.out.write(text),
      writeErr: text => session.err.write(text),
      getOutHelpWidth: () => session.io.stdout.columns ?? 100,
      getErrHelpWidth: () => session.io.stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      // What commander complains about is thrown too; it is printed once, by `report`.
      outputError: () => {},
    })
    .option('-V, --version', 'print the version')
    .on('option:version', () => {
      session.out.write(`${ownVersion()}\n`)
      throw new CommanderError(exitCodes.ok, 'commander.version', '')
    })
  for (const { name, summary, load } of commands) {
    const command = program.command(name).summary(summary).description(capitalised(summary))
    if (name === chosen) (await load()).configure(command, session)
  }
  return program
}

async function report(thrown: unknown, session: Session): Promise<number> {
  if (thrown instanceof CommanderError && thrown.exitCode === 0) return exitCodes.ok
  const { formatDefect, formatError } = await import('./report/index.js')
  if (thrown instanceof CommanderError) {
    if (thrown.code === 'commander.help') return exitCodes.usage
    const name = session.argv.find(word => commands.some(command => command.name === word))
    session.err.write(formatError(fromCommander(thrown.message, name), await session.errorColors(), session.io.cwd))
    return exitCodes.usage
  }
  const colors = await session.errorColors()
  if (!FlowError.is(thrown) || thrown.code === 'FLOW_INTERNAL') {
    session.err.write(formatDefect(thrown, session.argv, session.io, colors))
    return exitCodes.failed
  }
  session.err.write(formatError(thrown, colors, session.io.cwd))
  return isUsage(thrown) ? exitCodes.usage : exitCodes.failed
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
