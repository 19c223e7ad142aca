export type { DeepSpeedApi, DeepSpeedLauncher, DeepSpeedRunOptions } from './api.js'
export { deepspeed, type DeepSpeedOptions } from './deepspeed.js'
export { deepspeedErrorCodes } from './errors.js'
