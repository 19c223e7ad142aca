export { type KnownRank, type MakeFailure, programFailure, type ProgramFailureOptions } from './failure.js'
export { findProgram, isExecutable } from './find-program.js'
export { type ArgumentRecord, argumentWords, programWords, splitWords, type Words } from './words.js'
