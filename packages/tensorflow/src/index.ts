export type { TensorflowApi, TensorflowRunOptions } from './api.js'
export { tensorflowErrorCodes } from './errors.js'
export type { TensorflowOptions } from './options.js'
export { tensorflow } from './tensorflow.js'
