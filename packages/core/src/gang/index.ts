export { type GangDecorator, gangDecorator, parallel } from './decorator.js'
export type { AnyExtension, ApiOf, Extension, ExtensionSpec, Gang, Requirement, Template } from './extension.js'
export type {
  AfterClusterContext,
  AfterNodeContext,
  BodyContext,
  ClusterContext,
  ControlContext,
  FailureContext,
  Hook,
  LaunchSpec,
  LaunchTools,
  LocalLaunchSpec,
  LocalLaunchTools,
  NodeContext,
  PortLease,
  RankExitContext,
  ReadyContext,
  Service,
  ServiceSpec,
  StopContext,
  TapOptions,
} from './hooks/index.js'
export {
  allExtensions,
  type ExtensionUse,
  extensionUses,
  type GangHooks,
  type GangHookSet,
  makeGangHooks,
} from './hooks/index.js'
export type {
  ExchangeOptions,
  ArgumentRecord,
  FindPythonOptions,
  KnownRank,
  MakeFailure,
  ProgramFailureOptions,
  PythonEntrypoint,
  PythonProgramOptions,
  Words,
} from './programs/index.js'
export { BlobLink } from './blob-link.js'
export { hintOf } from './hints.js'
export { LinkWatch } from './link-watch.js'
export { defaultPass, type GangPlan, type GangTimeouts, localTimeouts, passedEnvironment } from './plan.js'
export type {
  Bootstrap,
  ControlAddress,
  FailureReport,
  LinkDown,
  LinkUp,
  NodePlaces,
  StoreDown,
  StoreUp,
} from './protocol.js'
export { type CommitmentEvent, type CommitmentState, commitmentStep, newCommitment } from './commitment.js'
export { deriveNodeKey, KeyTable, newAttemptSecret } from './keys.js'
