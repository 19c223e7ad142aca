export { ensureEnvironment } from './ensure-environment.js'
export { requirementsOf } from './requirements.js'
export type { Environment, EnvironmentOptions, EnvironmentSpec } from './types.js'
