export type { TorchApi, TorchRunOptions } from './api.js'
export { torchrunErrorCodes } from './errors.js'
export { torchrun, type TorchrunOptions } from './torchrun.js'
