export type { Allocation, Backend, BackendNode, NodeRequest } from './backend.js'
export { type BackendPackage, isBackendPackage } from './define-backend.js'
export type { BackendDefinition, BackendRequest, StartedNode, StartedNodes } from './definition.js'
export { localBackend } from './local.js'
