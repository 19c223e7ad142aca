import { Command, Option } from 'commander'
import type { ParameterSpec } from '../../flow/index.js'
import { loadFlowArgument } from '../load-flow.js'
import type { Session } from '../session.js'
import { usageError } from '../usage.js'

/** What the command line says once the parameters of its flow are known. */
export interface ParsedRun {
  /** The options of `flow run` itself, as commander names them. */
  readonly flags: Readonly<Record<string, unknown>>
  /** Text by parameter name. */
  readonly parameters: Readonly<Record<string, string>>
}

/**
 * Reads the command line of `flow run` again, now with the flow's parameters as flags: unknown flags are refused with
 * a suggestion, and `--help` lists them.
 *
 * Throws `FLOW_CLI_USAGE`, and whatever loading the flow does.
 */
export async function parseWithParameters(
  loose: Command,
  session: Session,
  file: string,
  addOptions: (command: Command) => Command,
): Promise<ParsedRun> {
  const { description, graph } = await loadFlowArgument(session, file)
  const strict = addOptions(new Command('flow run').copyInheritedSettings(loose))
    .helpOption('-h, --help', 'show this help')
    .description(`Run ${graph.flowName}.`)
    .argument('<file>', 'the flow file')
    .usage('<file> [options]')
    .allowExcessArguments(false)
    .action(() => {})
  const parameters = addParameters(strict, description.parameters)
  strict.parse(session.argv.slice(session.argv.indexOf('run') + 1), { from: 'user' })
  return { flags: strict.opts(), parameters }
}

/** Makes a flag of each parameter; returns the record of texts by parameter name that parsing fills. */
// By commander's events and not by its values: it would take the parameter `noCache` for the negation of one named
// `cache`.
export function addParameters(command: Command, specs: readonly ParameterSpec[]): Readonly<Record<string, string>> {
  const taken = new Set(['--help', ...command.options.map(option => option.long)])
  const own = new Set(specs.map(spec => `--${spec.flag}`))
  const parameters: Record<string, string> = {}
  const add = (spec: ParameterSpec, option: Option, whenBare: string): void => {
    command.addOption(option.helpGroup('Parameters of the flow:'))
    command.on(`option:${option.name()}`, (text?: string | null) => {
      parameters[spec.name] = text ?? whenBare
    })
  }
  for (const spec of specs) {
    const long = `--${spec.flag}`
    if (taken.has(long)) {
      const fix = `rename the parameter '${spec.name}'`
      throw usageError(`the parameter '${spec.name}' cannot be set: ${long} is a flag of flow run itself`, { fix })
    }
    if (spec.kind !== 'boolean') {
      add(spec, new Option(`${long} <${placeholder(spec)}>`, helpOf(spec)), '')
      continue
    }
    add(spec, new Option(`${long} [true|false]`, helpOf(spec)), 'true')
    if (!own.has(`--no-${spec.flag}`)) add(spec, new Option(`--no-${spec.flag}`, '').hideHelp(), 'false')
  }
  return parameters
}

function placeholder(spec: ParameterSpec): string {
  return spec.kind === 'string' ? 'text' : spec.kind
}

function helpOf(spec: ParameterSpec): string {
  const notes = [
    ...(spec.required ? ['required'] : []),
    ...(spec.hasDefault && spec.default !== undefined
      ? [`default: ${typeof spec.default === 'bigint' ? spec.default : JSON.stringify(spec.default)}`]
      : []),
  ]
  return [spec.help ?? '', notes.length === 0 ? '' : `(${notes.join(', ')})`].filter(Boolean).join(' ')
}
