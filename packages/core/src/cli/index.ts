export type { Io, Screen } from './io.js'
export { runCli } from './program.js'
