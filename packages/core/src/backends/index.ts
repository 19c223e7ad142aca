export type { Allocation, Backend, BackendNode, NodeRequest } from './backend.js'
export { localBackend } from './local.js'
