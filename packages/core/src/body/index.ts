export { FETCHED } from './fetch-blob.js'
export { GANG_TARGET, type StreamTicket } from './gang-client.js'
export { BodyOutput } from './output.js'
export { bodyOutcome } from './outcome.js'
export { type BodyEnd, BodyProcess, type BodyProcessOptions } from './process.js'
export type {
  BlobPipes,
  BodyTask,
  BodyToOwner,
  GangView,
  InputRef,
  OwnerToBody,
  RemoteShape,
  TaskIdentity,
} from './protocol.js'
export { type LineListener, type LogSink, type ScreenLine, TaskLog } from './task-log.js'
export { callRemote, describeRemote } from './remote.js'
