import { processIo } from './io.js'
import { runCli } from './program.js'

// `bin/flow.js` imports this file. What the engine left running must not keep a finished command alive, and everything
// printed has been handed over by the time `runCli` resolves.
process.exit(await runCli(process.argv.slice(2), processIo()))
