import { loadFlowArgument } from '../load-flow.js'
import { cgroupFence, checkRequirement, isMissing, requirementsOf, type Finding } from '../requirements.js'
import { exitCodes } from '../session.js'
import type { Colors } from '../output/index.js'
import type { CommandModule } from './table.js'

export const configure: CommandModule['configure'] = (command, session) => {
  command
    .argument('<file>', 'the flow file')
    .option('--json', 'print the findings as JSON')
    .addHelpText(
      'after',
      '\nExits with 1 when something that the flow needs is missing.\n\nExamples:\n  flow doctor flow.ts',
    )
    .action(async (file: string, flags: { json?: boolean }) => {
      const { description, graph } = await loadFlowArgument(session, file)
      const needed = [...requirementsOf(description), cgroupFence]
      const findings = await Promise.all(needed.map(one => checkRequirement(one, session.io.env)))
      if (findings.some(isMissing)) session.exitCode = exitCodes.failed
      if (flags.json === true)
        return session.printJson({ flow: graph.flowName, ok: session.exitCode === exitCodes.ok, findings })
      const colors = await session.colors()
      for (const finding of findings) session.out.write(formatFinding(finding, colors))
      session.out.write(
        session.exitCode === exitCodes.ok
          ? `\n${graph.flowName} has all it needs on this machine\n`
          : `\n${graph.flowName} needs what is missing above\n`,
      )
    })
}

function formatFinding(finding: Finding, colors: Colors): string {
  const { name, found, saw, neededBy, comesWith, install } = finding
  const [mark, paint] = found
    ? ['found  ', colors.green]
    : isMissing(finding)
      ? ['missing', colors.red]
      : [comesWith === undefined ? 'absent ' : 'later  ', colors.yellow]
  const notes = [neededBy, ...(finding.optional && !found ? ['optional'] : [])].join(', ')
  const head = `${paint(mark ?? '')} ${colors.bold(name)} (${notes})${saw === '' ? '' : `  ${colors.dim(saw)}`}\n`
  if (found) return head
  const hints =
    comesWith === undefined ? install : [`the first run installs ${comesWith.join(', ')}, which may bring it`]
  return head + hints.map(line => `          ${line}\n`).join('')
}
