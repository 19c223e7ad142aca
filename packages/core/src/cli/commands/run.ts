import type { Command } from 'commander'
import { homeOfFile } from '../home.js'
import { keepConsoleOffStdout } from '../io.js'
import { watchInterrupts } from '../interrupts.js'
import { JsonRenderer, PlainRenderer, type Renderer } from '../output/index.js'
import { exitCodes, type Session } from '../session.js'
import { collect, integerFrom, usageError } from '../usage.js'
import type { CommandModule } from './table.js'

/** The options of `flow run` but the flow's own parameters. */
interface RunFlags {
  readonly with?: readonly string[]
  readonly tag?: readonly string[]
  readonly maxWorkers?: number
  readonly maxNumSplits?: number
  readonly maxNodes?: number
  readonly json?: boolean
  readonly dryRun?: boolean
  readonly help?: boolean
}

export const configure: CommandModule['configure'] = (command, session) => {
  // The flow's own parameters are flags too, and loading a flow costs time: the command line is read without them
  // first, and only if something is left over a second time with them.
  addOptions(command.argument('[file]', 'the flow file').usage('<file> [options]'))
    .allowUnknownOption()
    .allowExcessArguments()
    .helpOption(false)
    .option('-h, --help', 'show this help, with the parameters of the flow')
    .action(async (file: string | undefined, flags: RunFlags) => {
      if (file === undefined) {
        if (flags.help === true) return command.outputHelp()
        throw usageError('flow run needs the file of a flow', { fix: 'flow run flow.ts' })
      }
      if (file.startsWith('-'))
        throw usageError(`the flow file comes before the parameters, not '${file}'`, {
          fix: 'flow run flow.ts --name value',
        })
      if (command.args.length === 1 && flags.help !== true) return start(session, file, flags, {})
      const { parseWithParameters } = await import('./run-parameters.js')
      const parsed = await parseWithParameters(command, session, file, addOptions)
      await start(session, file, parsed.flags, parsed.parameters)
    })
}

/** The options of `flow run` but the parameters of its flow. */
export function addOptions(command: Command): Command {
  return command
    .option(
      '--with <extension>',
      'add a decorator to every step, e.g. retry:times=2, or name the backend of gangs (can be repeated)',
      collect,
    )
    .option('--tag <tag>', 'tag the run (can be repeated)', collect)
    .option(
      '--max-workers <n>',
      'tasks at a time (default: the cores of this machine)',
      integerFrom(1, '--max-workers'),
    )
    .option('--max-num-splits <n>', 'largest foreach that is allowed', integerFrom(1, '--max-num-splits'))
    .option('--max-nodes <n>', 'largest gang that is allowed on this machine', integerFrom(1, '--max-nodes'))
    .option('--json', 'print each event as one line of JSON')
    .option('--dry-run', 'print the plan and do nothing')
    .addHelpText(
      'after',
      '\nExamples:\n  flow run flow.ts\n  flow run flow.ts --learning-rate 0.1 --tag trial\n  flow run flow.ts --json | jq -r .type',
    )
}

async function start(
  session: Session,
  file: string,
  flags: RunFlags,
  parameters: Readonly<Record<string, string>>,
): Promise<void> {
  const flowFile = session.path(file)
  const home = await homeOfFile(session, flowFile)
  if (flags.json === true) keepConsoleOffStdout(session.io)
  // The first body warms up while the rest is loaded, half of what there is.
  const { EarlyStart } = await import('../../run/early-start.js')
  await using early = flags.dryRun === true ? undefined : new EarlyStart(flowFile, home)
  const { planFlow, runFlow } = await import('../../run/index.js')
  const abort = new AbortController()
  const renderer = await createRenderer(session, flags)
  const options = {
    flowFile,
    home,
    parameters,
    tags: flags.tag,
    maxWorkers: flags.maxWorkers,
    maxNumSplits: flags.maxNumSplits,
    maxNodes: flags.maxNodes,
    withDecorators: flags.with,
    onEvent: renderer.event.bind(renderer),
    signal: abort.signal,
  }
  if (early === undefined) {
    const { printPlan } = await import('./plan.js')
    return printPlan(session, await planFlow(options), flags.json === true)
  }
  using _ = watchInterrupts(
    () => {
      renderer.note('stopping… (Ctrl-C again ends at once)')
      abort.abort()
    },
    () => process.exit(exitCodes.interrupted),
  )
  try {
    const result = await runFlow(options, early)
    await renderer.close()
    session.exitCode = result.exitCode
    if (result.failed === undefined && result.error === undefined) return
    const { formatError, formatVerdict } = await import('../report/index.js')
    const colors = await session.errorColors()
    if (result.failed !== undefined)
      session.err.write(`\n${formatVerdict(result.failed.task, result.failed.verdict, colors)}`)
    else if (result.error !== undefined) session.err.write(`\n${formatError(result.error, colors, session.io.cwd)}`)
  } finally {
    await renderer.close()
  }
}

async function createRenderer(session: Session, flags: RunFlags): Promise<Renderer> {
  if (flags.json === true) return new JsonRenderer(session.out)
  const colors = await session.colors()
  const { stdout, env } = session.io
  if (stdout.isTTY !== true || env['TERM'] === 'dumb') return new PlainRenderer(session.out, colors)
  const { BoardRenderer } = await import('../output/board.js')
  return new BoardRenderer(stdout, session.out, colors)
}
