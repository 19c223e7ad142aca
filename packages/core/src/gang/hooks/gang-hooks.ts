import { FlowError } from '../../errors/index.js'
import type { StepDecoration } from '../../flow/index.js'
import type { AnyExtension, ApiOf, Gang } from '../extension.js'
import type { GangPlan } from '../plan.js'
import type {
  AfterClusterContext,
  AfterNodeContext,
  BodyContext,
  ClusterContext,
  ControlContext,
  FailureContext,
  NodeContext,
  RankExitContext,
  ReadyContext,
  StopContext,
} from './contexts.js'
import { type Hook, SeriesHook } from './tap.js'

/**
 * The hooks of one gang, in the order of its life.
 *
 * @example
 * const timed = gangDecorator({
 *   name: 'timed',
 *   core: '^0.1.0',
 *   setup({ hooks }) {
 *     hooks.plan.tap('timed', ({ plan }) => ({ ...plan, slots: 1 }))
 *     hooks.onReady.tap('timed', ctx => ctx.setEnv('STARTED', String(Date.now())))
 *     hooks.onRankExit.tap('timed', ({ stderr }) => (stderr.includes('No space left') ? 'the disk is full' : undefined))
 *     hooks.afterCluster.tap('timed', ({ verdict }) => console.log(verdict.outcome, verdict.timeline['body']))
 *   },
 * })
 */
export interface GangHooks<F = unknown> {
  /** Orchestrator: change the plan (return a new one) or refuse it (throw). */
  readonly plan: Hook<{ readonly plan: GangPlan }, GangPlan | void>
  /** Orchestrator: checks, and things made once per gang. */
  readonly beforeCluster: Hook<ClusterContext>
  /** Every node: prepare it, publish facts. */
  readonly onNode: Hook<NodeContext<F>>
  /** Every node: the roster is known. */
  readonly onReady: Hook<ReadyContext<F>>
  /** Control, before its body. */
  readonly onControl: Hook<ControlContext<F>>
  /** Workers, before their body or their serving. */
  readonly onWorker: Hook<BodyContext<F>>
  /** Every node: name the cause of a rank's end. */
  readonly onRankExit: Hook<RankExitContext, string | void>
  /** Every node: the gang begins to stop. */
  readonly onStop: Hook<StopContext>
  /** Control: classify a failure. */
  readonly onFailure: Hook<FailureContext, FailureContext['verdict'] | void>
  /** Every node, always: clean up. Every tap runs even when one throws. */
  readonly afterNode: Hook<AfterNodeContext>
  /** Orchestrator, always, last. Every tap runs even when one throws. */
  readonly afterCluster: Hook<AfterClusterContext>
}

type Runnable<H> = H extends Hook<infer C, infer R> ? SeriesHook<C, R> : never

/** The same hooks as their owner sees them: it can run them. */
export type GangHookSet = { readonly [K in keyof GangHooks]: Runnable<GangHooks[K]> }

/** An extension with the options its decorator got. */
export interface ExtensionUse {
  readonly extension: AnyExtension['extension']
  readonly options: unknown
}

/**
 * Makes the hooks of one gang and lets its extensions tap them, those that are used before those that use them.
 *
 * @throws `FLOW_EXTENSION_CYCLE`, `FLOW_EXTENSION_MISSING` when an extension asks for one that its `uses` do not list,
 * `FLOW_HOOK_MISUSED`.
 */
export function makeGangHooks(uses: readonly ExtensionUse[]): GangHookSet {
  let level = 0
  const hook = <C, R = void>(name: string, carry?: (context: C, result: Exclude<R, void>) => C): SeriesHook<C, R> =>
    new SeriesHook<C, R>(name, () => level, carry)
  const hooks: GangHookSet = {
    plan: hook('plan', (context, plan) => ({ ...context, plan })),
    beforeCluster: hook('beforeCluster'),
    onNode: hook('onNode'),
    onReady: hook('onReady'),
    onControl: hook('onControl'),
    onWorker: hook('onWorker'),
    onRankExit: hook('onRankExit', (context, cause) => ({ ...context, cause })),
    onStop: hook('onStop'),
    onFailure: hook('onFailure', (context, verdict) => ({ ...context, verdict })),
    afterNode: hook('afterNode'),
    afterCluster: hook('afterCluster'),
  }
  const apis = new Map<string, { readonly api: unknown; readonly level: number }>()
  const optionsOf = new Map(uses.map(use => [use.extension.name, use.options]))
  const setUp = (extension: AnyExtension['extension'], above: readonly string[]): number => {
    const done = apis.get(extension.name)
    if (done !== undefined) return done.level
    if (above.includes(extension.name)) {
      throw new FlowError('FLOW_EXTENSION_CYCLE', {
        message: `Extensions use each other in a circle: ${[...above, extension.name].join(' → ')}`,
      })
    }
    const below = (extension.uses ?? []).map(used => setUp(used.extension, [...above, extension.name]))
    const own = below.length === 0 ? 0 : Math.max(...below) + 1
    level = own
    const gang: Gang<AnyExtension, unknown> = {
      hooks: hooks,
      use: <E extends AnyExtension>(used: E) => {
        if (!(extension.uses ?? []).some(one => one.extension.name === used.extension.name)) {
          throw new FlowError('FLOW_EXTENSION_MISSING', {
            message: `Extension '${extension.name}' asks for '${used.extension.name}' without listing it`,
            fix: `Add it to 'uses' of '${extension.name}'.`,
          })
        }
        return apis.get(used.extension.name)?.api as ApiOf<E>
      },
    }
    apis.set(extension.name, { api: extension.setup(gang, optionsOf.get(extension.name) ?? {}), level: own })
    return own
  }
  for (const { extension } of uses) setUp(extension, [])
  return hooks
}

/** All extensions of a step, those used by others first, each once. */
export function allExtensions(uses: readonly ExtensionUse[]): AnyExtension['extension'][] {
  const all = new Map<string, AnyExtension['extension']>()
  const visit = (extension: AnyExtension['extension']): void => {
    for (const used of extension.uses ?? []) visit(used.extension)
    if (!all.has(extension.name)) all.set(extension.name, extension)
  }
  for (const use of uses) visit(use.extension)
  return [...all.values()]
}

/** The extensions among a step's decorations, as `gangDecorator` recorded them, in the order in which they stand. */
export function extensionUses(decorations: readonly StepDecoration[]): ExtensionUse[] {
  return decorations.flatMap(({ extension, options }) => {
    // flow/ knows only the part of an extension that it needs.
    return extension === undefined ? [] : [{ extension: extension as AnyExtension['extension'], options }]
  })
}
