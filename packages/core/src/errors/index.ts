export { type CoreErrorCode } from './codes.js'
export { FlowError, type FlowErrorOptions, type SourcePosition } from './flow-error.js'
export { deserializeError, serializeError, type SerializedError, stackWithCauses } from './serialize.js'
