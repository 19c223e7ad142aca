import type { Backend } from '../backends/index.js'
import { FlowError } from '../errors/index.js'
import { DEFAULT_FAILURE_FIELD, isGangDecoration, timeoutMs } from '../flow/index.js'
import type {
  CatchFailureOptions,
  EnvironmentOptions,
  GangOptions,
  GangTimeoutsOptions,
  PypiOptions,
  ResourcesOptions,
  RetryOptions,
  StepDecoration,
  TimeoutOptions,
} from '../flow/index.js'
import {
  allExtensions,
  defaultPass,
  type ExtensionUse,
  extensionUses,
  type GangHookSet,
  type GangPlan,
  type GangTimeouts,
  localTimeouts,
  makeGangHooks,
} from '../gang/index.js'
import type { AttemptRules } from './attempts.js'

/** What a step's decorators ask for. */
export interface StepNeeds extends AttemptRules {
  readonly step: string
  /** Where `@catchFailure` wants the failure of the step. */
  readonly failureField?: string | undefined
  readonly resources: ResourcesOptions
  readonly env: Readonly<Record<string, string>>
  readonly pypi?: PypiOptions | undefined
  readonly timeouts?: GangTimeoutsOptions | undefined
  /** Extensions of its gang or its single node, as written. Empty where it has neither. */
  readonly uses: readonly ExtensionUse[]
  /** An ordinary step whose one node the extensions prepare. */
  readonly singleNode: boolean
}

/** Reads the decorators of a step. */
export function stepNeeds(step: string, decorations: readonly StepDecoration[]): StepNeeds {
  const options = (name: string): unknown =>
    decorations.find(one => one.name === name && one.extension === undefined)?.options
  const limit = options('timeout') as TimeoutOptions | undefined
  const caught = options('catchFailure') as CatchFailureOptions | undefined
  return {
    step,
    failureField: caught === undefined ? undefined : (caught.as ?? DEFAULT_FAILURE_FIELD),
    resources: (options('resources') as ResourcesOptions | undefined) ?? {},
    env: (options('environment') as EnvironmentOptions | undefined)?.vars ?? {},
    pypi: options('pypi') as PypiOptions | undefined,
    retry: options('retry') as RetryOptions | undefined,
    timeoutMs: limit === undefined ? undefined : timeoutMs(limit),
    timeouts: options('gangTimeouts') as GangTimeoutsOptions | undefined,
    uses: extensionUses(decorations),
    singleNode: isSingleNode(decorations),
  }
}

function isSingleNode(decorations: readonly StepDecoration[]): boolean {
  return decorations.some(one => one.extension !== undefined) && !decorations.some(isGangDecoration)
}

/**
 * The plan of a gang, after its extensions have had their say.
 *
 * @param size Number of nodes; 0 while it is not known yet.
 * @param backend Gives the nodes.
 * @param hooks Those of the gang, so that an extension is set up once for all that runs here.
 * @throws `FLOW_GANG_CONTRADICTION` when decorators disagree about the workers, `FLOW_GANG_TOO_LARGE`, and what an
 * extension's `plan` tap throws.
 */
export async function gangPlan(
  needs: StepNeeds,
  size: number,
  maxNodes: number,
  backend: Pick<Backend, 'name' | 'barrierMs'>,
  hooks: GangHookSet = makeGangHooks(needs.uses),
): Promise<GangPlan> {
  if (size > maxNodes) throw tooLarge(needs.step, size, maxNodes)
  refuseHalfGang(needs)
  const extensions = allExtensions(needs.uses)
  const plan: GangPlan = {
    step: needs.step,
    backend: backend.name,
    size,
    singleNode: needs.singleNode,
    slots: needs.resources.cpu ?? 1,
    resources: needs.resources,
    workers: workersOf(needs),
    extensions: extensions.map(({ name }) => name),
    environment: {
      pass: [...new Set([...defaultPass, ...extensions.flatMap(({ pass }) => pass ?? [])])],
      set: Object.keys(needs.env),
    },
    timeouts: timeoutsOf(needs.timeouts, backend.barrierMs),
  }
  return (await hooks.plan.run({ plan })) ?? plan
}

/** A lease is longer than a heartbeat also where only one of them is set. */
function timeoutsOf(given: GangTimeoutsOptions | undefined, barrierMs: number): GangTimeouts {
  const { heartbeat, lease, barrier, grace } = given ?? {}
  const { heartbeatMs, leaseMs, graceMs } = localTimeouts
  return {
    heartbeatMs: heartbeat ?? Math.min(heartbeatMs, Math.ceil((lease ?? leaseMs) / 3)),
    leaseMs: lease ?? Math.max(leaseMs, 3 * (heartbeat ?? heartbeatMs)),
    barrierMs: barrier ?? barrierMs,
    graceMs: grace ?? graceMs,
  }
}

function workersOf(needs: StepNeeds): 'body' | 'serve' {
  const said = needs.uses.filter(use => use.extension.workers !== undefined)
  const [first] = said
  const other = said.find(use => use.extension.workers !== first?.extension.workers)
  if (first === undefined) return 'body'
  if (other !== undefined) {
    throw new FlowError('FLOW_GANG_CONTRADICTION', {
      message: `Step '${needs.step}' has @${first.extension.name}() and @${other.extension.name}(), which contradict each other`,
      why: `@${first.extension.name}() wants workers to ${describeWorkers(first)}, @${other.extension.name}() to ${describeWorkers(other)}.`,
      fix: 'Keep one of them, or split the step in two.',
    })
  }
  return first.extension.workers ?? 'body'
}

/** A step is a gang for all of its extensions, or for none. */
function refuseHalfGang({ step, uses, singleNode }: StepNeeds): void {
  const alone = uses.find(({ options }) => (options as GangOptions).singleNode === true)
  if (singleNode || alone === undefined) return
  const gang = uses.find(({ options }) => (options as GangOptions).singleNode !== true)
  throw new FlowError('FLOW_GANG_CONTRADICTION', {
    message: `Step '${step}' has @${alone.extension.name}({ singleNode: true }) and @${gang?.extension.name}(), which contradict each other`,
    why: 'The one wants an ordinary step, the other a gang.',
    fix: 'Give both singleNode: true, or neither.',
  })
}

function describeWorkers(use: ExtensionUse): string {
  return use.extension.workers === 'serve' ? 'serve control' : 'run the body'
}

function tooLarge(step: string, size: number, maxNodes: number): FlowError {
  return new FlowError('FLOW_GANG_TOO_LARGE', {
    message: `Step '${step}' wants ${size} nodes; at most ${maxNodes} are allowed on this machine`,
    why: 'Each node is a process of this machine.',
    fix: `Use a smaller numParallel, or raise the limit with --max-nodes ${size}.`,
  })
}
