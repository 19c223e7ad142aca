export type { MpiApi, MpiArguments, MpiCompileOptions, MpiRunOptions } from './api.js'
export { type MpiErrorCode, mpiErrorCodes } from './errors.js'
export { mpi, type MpiOptions } from './mpi.js'
