export { type BroadcastCalls, Broadcasts, type BroadcastsOptions } from './broadcast.js'
export type { LinkPurpose } from './header.js'
export { type IncomingLink, NodeLinks, type NodeLinksOptions, type OpenOptions } from './node-links.js'
export { NodeStreams } from './streams.js'
