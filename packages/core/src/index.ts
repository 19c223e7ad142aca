export { FlowError, type FlowErrorOptions, type SourcePosition } from './errors/index.js'
export {
  current, type Current, decorate, type Decorators, environment, type EnvironmentOptions, file, FileArtifact, Flow,
  type GangApi, type Input, type Inputs, type LineSource, type MergeOptions, type Misuse, parameter, type ParallelInfo,
  type ProgramOptions, type ProgramResult, pypi, type PypiOptions, type RankResult, resources, type ResourcesOptions,
  type RosterEntry, type Split, step, type StepContext, type StepDecorator, type Target,
} from './flow/index.js'
export {
  type AfterClusterContext, type AfterNodeContext, type AnyExtension, type ApiOf, type BodyContext, type ClusterContext,
  type ControlContext, type Extension, type ExtensionSpec, type FailureContext, type Gang, type GangDecorator,
  gangDecorator, type GangHooks, type GangPlan, type GangTimeouts, type Hook, type LaunchSpec, type LaunchTools,
  type NodeContext, parallel, type PortLease, type RankExitContext, type ReadyContext, type Requirement, type Service,
  type ServiceSpec, type StopContext, type TapOptions, type Template,
} from './gang/index.js'
export type { EndRecord, Outcome, Verdict } from './store/index.js'
