export { ChannelClient, type ChannelClientOptions, type WorkerHandlers } from './client.js'
export type { ChannelPlace } from './entrance.js'
export { credited, TickClock, tickInterval } from './lease.js'
export {
  type ControlMethods,
  controlMethods,
  type NodeCertificate,
  type WorkerMethods,
  workerMethods,
} from './methods.js'
export { type ControlHandlers, Peer, type PeerState } from './peer.js'
export type { CallOptions, Handlers, MethodTable, Params, Result } from './rpc.js'
export { ChannelServer, type ChannelServerOptions, type Refusal } from './server.js'
export type { RefusalReason } from './wire.js'
