export type { ExchangeOptions } from './exchange.js'
export type { KnownRank, MakeFailure, ProgramFailureOptions } from './failure.js'
export {
  findPython,
  type FindPythonOptions,
  pythonLauncher,
  pythonOnPath,
  type PythonEntrypoint,
  pythonProgram,
  type PythonProgramOptions,
} from './python-program.js'
export { type ArgumentRecord, argumentWords, programWords, splitWords, type Words } from './words.js'
