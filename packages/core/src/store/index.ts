export { loadArtifact, loadArtifactSync, restorePath, storeArtifact, storePath } from './artifact.js'
export type { ArtifactRef, Artifacts } from './artifact-ref.js'
export { putTree, readTree, restoreTree, type TreeEntry } from './blob-tree.js'
export { BlobStore, type BlobStoreOptions, type PutOptions } from './blobs.js'
export { decodeArtifact, encodeArtifact, type EncodedArtifact } from './codec.js'
export type { Hashed } from './hashed-io.js'
export { locateHome, resolveHome } from './home.js'
export { LineSplitter, MAX_LINE, type OnLine } from './line-splitter.js'
export type { LogLine, LogStream } from './log-line.js'
export { readLog, type ReadLogOptions } from './log-reader.js'
export { type LogTarget, LogWriter, type LogWriterOptions } from './log-writer.js'
export { Pace } from './pace.js'
export { Metadata } from './metadata.js'
export { formatPath, type FlowPath, parsePath, parseTaskPath, type TaskPath } from './path.js'
export type {
  AttemptRecord,
  Commit,
  ForeachFrame,
  NewRun,
  NewTask,
  RunRecord,
  StepRecord,
  TaskRecord,
} from './records.js'
export { Store } from './store.js'
export { storeError } from './store-error.js'
export type { EndRecord, Outcome, Verdict } from './verdict.js'
