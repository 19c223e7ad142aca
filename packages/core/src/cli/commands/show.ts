import { loadFlowArgument } from '../load-flow.js'
import type { CommandModule } from './table.js'

export const configure: CommandModule['configure'] = (command, session) => {
  command
    .argument('<file>', 'the flow file')
    .option('--dot', 'print the graph in the language of Graphviz')
    .option('--json', 'print the graph as JSON')
    .addHelpText('after', '\nExamples:\n  flow show flow.ts\n  flow show flow.ts --dot | dot -Tsvg > flow.svg')
    .action(async (file: string, flags: { dot?: boolean; json?: boolean }) => {
      const { graph } = await loadFlowArgument(session, file)
      const { formatGraph, graphToDot } = await import('../../flow/graph/index.js')
      if (flags.json === true) return session.printJson({ ...graph, steps: Object.fromEntries(graph.steps) })
      session.out.write(withNewline(flags.dot === true ? graphToDot(graph) : formatGraph(graph)))
    })
}

function withNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}
