export { type CoreErrorCode } from './codes.js'
export { FlowError, type FlowErrorOptions, type SourcePosition } from './flow-error.js'
export { deserializeError, serializeError, type SerializedError } from './serialize.js'
