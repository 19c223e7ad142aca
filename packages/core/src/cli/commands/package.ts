import { loadFlowArgument } from '../load-flow.js'
import { count, formatBytes, formatTable } from '../output/index.js'
import type { CommandModule } from './table.js'

export const configure: CommandModule['configure'] = (command, session) => {
  command
    .addHelpText('after', '\nExamples:\n  flow package list flow.ts')
    .command('list')
    .summary('list the files that travel with a flow')
    .description('List the files that every process of a run starts from.')
    .argument('<file>', 'the flow file')
    .option('--json', 'print the list as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  flow package list flow.ts\n  flow package list flow.ts --json | jq -r .files[].path',
    )
    .action(async (file: string, flags: { json?: boolean }) => {
      const { package: code } = await loadFlowArgument(session, file)
      const { listPackage } = await import('../../package/index.js')
      const files = listPackage(code)
      if (flags.json === true) return session.printJson({ hash: code.hash, dir: code.dir, files })
      const total = files.reduce((sum, { size }) => sum + size, 0)
      session.out.write(formatTable(files.map(({ path, size }) => [formatBytes(size).padStart(9), path])))
      session.out.write(`${count(files.length, 'file')}, ${formatBytes(total)}, package ${code.hash}\n`)
    })
}
