import { FlowError } from '../../errors/index.js'
import { loadFlowArgument } from '../load-flow.js'
import { count } from '../output/index.js'
import { exitCodes } from '../session.js'
import type { CommandModule } from './table.js'

export const configure: CommandModule['configure'] = (command, session) => {
  command
    .argument('<file>', 'the flow file')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExamples:\n  flow check flow.ts\n  flow check flow.ts --json | jq .problems')
    .action(async (file: string, flags: { json?: boolean }) => {
      try {
        const { description, graph } = await loadFlowArgument(session, file)
        const steps = [...description.steps.keys()]
        const parameters = description.parameters.map(parameter => parameter.name)
        if (flags.json === true)
          return session.printJson({ ok: true, flow: graph.flowName, steps, parameters, problems: [] })
        const facts = [
          count(steps.length, 'step'),
          ...(parameters.length === 0 ? [] : [count(parameters.length, 'parameter')]),
        ]
        session.out.write(`ok: ${graph.flowName}, ${facts.join(', ')}\n`)
      } catch (error) {
        if (flags.json !== true || !FlowError.is(error)) throw error
        session.printJson({ ok: false, problems: error.details['problems'] ?? [problemOf(error)] })
        session.exitCode = exitCodes.failed
      }
    })
}

function problemOf({ code, message, why, fix, at, frame }: FlowError): Readonly<Record<string, unknown>> {
  return { code, message, why, fix, at, frame }
}
