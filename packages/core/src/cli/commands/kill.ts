import { storeOfCwd } from '../home.js'
import { findPath } from '../paths.js'
import type { CommandModule } from './table.js'

export const configure: CommandModule['configure'] = (command, session) => {
  command
    .argument('<run>', 'the run, e.g. MpiHello/3')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nThe run is asked to stop as by Ctrl-C: its steps get the time to end that they have there.\n\nExamples:\n  flow kill MpiHello/3',
    )
    .action(async (run: string, flags: { json?: boolean }) => {
      // Says what is there instead where there is no such run.
      using store = await storeOfCwd(session)
      const found = await findPath(session, store, run)
      const { killRun } = await import('../../run/index.js')
      killRun(found.store.home, found.run)
      if (flags.json === true) session.printJson({ killed: found.run })
      else session.out.write(`${found.run} was asked to stop\n`)
    })
}
