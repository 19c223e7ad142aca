import './metadata.js'

export { retry, type RetryOptions, timeout, timeoutMs, type TimeoutOptions } from './attempt-decorators.js'
export {
  type ArtifactField,
  artifactFields,
  type InputOptions,
  makeInput,
  setArtifacts,
  type StoredArtifact,
} from './artifacts.js'
export {
  catchFailure,
  type CatchFailureDecorator,
  type CatchFailureOptions,
  DEFAULT_FAILURE_FIELD,
  type TaskFailure,
} from './catch-failure.js'
export { type BuiltInKey, type Current, current, type ParallelInfo, setCurrent } from './current.js'
export { decorate, type Decorators } from './decorate.js'
export { MAX_TIMER_MS } from './decorator-options.js'
export {
  type GangOptions,
  isGangDecoration,
  makeStepDecorator,
  type Misuse,
  refuseWithoutParentheses,
  type StepContext,
  type StepDecoration,
  type StepDecorator,
  type StepDecoratorFactory,
  type StepExtension,
} from './decorations.js'
export {
  environment,
  type EnvironmentOptions,
  gangTimeouts,
  type GangTimeoutsOptions,
  pypi,
  type PypiOptions,
  resources,
  type ResourcesOptions,
} from './decorators.js'
export { describeFlow, type FlowDescription, type StepDescription } from './describe.js'
export { file, FileArtifact, isFileArtifact } from './file-artifact.js'
export { Flow, type Input, type Inputs, type Split, type Target } from './flow.js'
export { foreachItems } from './foreach.js'
export type { GangApi } from './gang-api.js'
export { type FlowClass, instantiate, isFlowClass, setInput, takeTransition } from './instance.js'
export type { MergeOptions } from './merge.js'
export { parameter } from './parameter.js'
export type { ParameterKind } from './parameter-shape.js'
export { type ParameterSpec, resolveParameters } from './parameter-spec.js'
export type { LauncherEnd, LineSource, ProgramOptions, ProgramResult, RankResult } from './program.js'
export type { RosterEntry } from './roster.js'
export { step } from './step.js'
export type { Transition } from './transition.js'
// Types only: graph/index.js loads the parser, which no step needs.
export type { Graph, GraphStep, StepKind } from './graph/graph.js'
export type { LintProblem } from './graph/problem.js'
