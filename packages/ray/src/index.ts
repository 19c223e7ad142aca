export type { RayApi, RayJobOptions, RayJobResult, RayNode, RayRunOptions } from './api.js'
export { type RayErrorCode, rayErrorCodes } from './errors.js'
export type { RayOptions } from './options.js'
export { ray } from './ray.js'
