import type { Current, ProgramOptions, ProgramResult, RosterEntry } from '../../flow/index.js'
import type { EndRecord, Verdict } from '../../store/index.js'
import type { GangPlan } from '../plan.js'

/** Keys of `current` that core itself fills. */
export type BuiltInKey =
  | 'flowName'
  | 'runId'
  | 'stepName'
  | 'taskId'
  | 'attempt'
  | 'path'
  | 'parameters'
  | 'tempDir'
  | 'parallel'
  | 'gang'

/** Of the hook `beforeCluster` of {@link GangHooks}: in the orchestrator, before any node exists. */
export interface ClusterContext {
  readonly plan: GangPlan
  /** `Flow/run/step/task` */
  readonly task: string
  readonly attempt: number
  readonly signal: AbortSignal
}

/**
 * Of the hook `onNode`: on a node, before the barrier.
 *
 * @example
 * const scratch = gangDecorator({
 *   name: 'scratch',
 *   core: '^0.1.0',
 *   setup(gang) {
 *     gang.hooks.onNode.tap('scratch', async ctx => {
 *       const { stdout } = await ctx.exec(['df', '-Pk', ctx.dir])
 *       await ctx.publish({ freeKb: Number(stdout.trim().split('\n').at(-1)?.split(/\s+/)[3]) })
 *     })
 *   },
 * })
 */
export interface NodeContext<F = unknown> {
  readonly plan: GangPlan
  readonly task: string
  readonly attempt: number
  /** This node. Its `facts` are what it published so far. */
  readonly me: RosterEntry
  readonly isControl: boolean
  /** A private directory of this node: a short path without spaces or colons, removed with the attempt. */
  readonly dir: string
  /** Where the body and the ranks of this node run; holds the code package's files. */
  readonly workDir: string
  /** The environment that programs of this node get. */
  readonly env: Readonly<Record<string, string>>
  /** Aborted when the gang begins to stop. */
  readonly signal: AbortSignal
  /** Publishes facts of this node; other nodes see them in the roster (before the barrier) or by `fact`. */
  publish(facts: F extends object ? Partial<F> : Readonly<Record<string, unknown>>): Promise<void>
  /** Runs a program on this node to its end. A non-zero exit is a result, not an error. */
  exec(command: readonly string[], options?: ProgramOptions): Promise<ProgramResult>
  /** Hands over something that must be undone when the node ends, in reverse order. */
  own(resource: Disposable | AsyncDisposable): void
  /** Writes a line into this node's log. */
  log(line: string): void
  /** Leases a port that is free on every address of this machine; it is held until it is released or the node ends. */
  lease(): Promise<PortLease>
}

/**
 * A port nobody else on this machine gets while the lease lives. `release()` frees it for the program that binds it.
 *
 * @example
 * async function serve(ctx: ReadyContext): Promise<void> {
 *   await using lease = await ctx.lease()
 *   await lease.release()
 *   await ctx.service({ name: 'http', command: ['python3', '-m', 'http.server', String(lease.port)] })
 * }
 */
export interface PortLease extends AsyncDisposable {
  readonly port: number
  release(): Promise<void>
}

/**
 * Of the hook `onReady`: on a node, after the barrier.
 *
 * @example
 * const leader = gangDecorator({
 *   name: 'leader',
 *   core: '^0.1.0',
 *   setup(gang) {
 *     gang.hooks.onReady.tap('leader', async ctx => {
 *       if (ctx.isControl) await ctx.publish({ leader: ctx.me.address })
 *       ctx.setEnv('LEADER', String(await ctx.fact('leader', { from: 0 })))
 *       await ctx.barrier('leader is known')
 *     })
 *   },
 * })
 */
export interface ReadyContext<F = unknown> extends NodeContext<F> {
  readonly roster: readonly RosterEntry[]
  /** Waits for a fact of another node. Default timeout: the plan's barrier deadline. `FLOW_GANG_FACT_TIMEOUT`. */
  fact(name: string, options: { readonly from: number; readonly timeout?: number }): Promise<unknown>
  /** Waits until every node entered the barrier of this name. `FLOW_GANG_BARRIER_TIMEOUT`. */
  barrier(name: string, options?: { readonly timeout?: number }): Promise<void>
  /** A variable that the body and later programs of this node get in their environment. */
  setEnv(name: string, value: string): void
  /** Starts a program that lives as long as the gang; its unexpected end is a cause of failure. */
  service(spec: ServiceSpec): Promise<Service>
}

/**
 * A program that lives as long as the gang, for `service` of {@link ReadyContext}.
 *
 * @example
 * async function start(ctx: ReadyContext, port: number): Promise<Service> {
 *   return ctx.service({
 *     name: 'store',
 *     command: ['redis-server', '--port', String(port), '--bind', ctx.me.address],
 *     ready: /Ready to accept connections/,
 *     readyTimeout: 10_000,
 *   })
 * }
 */
export interface ServiceSpec {
  readonly name: string
  readonly command: readonly string[]
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly cwd?: string | undefined
  /** The service is ready when a line of its output matches. Default: ready at once. */
  readonly ready?: RegExp | undefined
  /** Milliseconds to become ready. Default 30,000. `FLOW_GANG_SERVICE_NOT_READY`. */
  readonly readyTimeout?: number | undefined
  /** Milliseconds from SIGTERM to SIGKILL at its end; with 0 it gets no time. Default: what the whole gang gets. */
  readonly graceMs?: number | undefined
}

/** A program that {@link ServiceSpec} started. Disposing of it ends it before the gang ends, as no failure. */
export interface Service extends AsyncDisposable {
  readonly pid: number
}

/**
 * Of the hook `onWorker`: on a node that has a body, or serves. What it `provide`s becomes `current.<key>` in the body;
 * the type of that key is added to {@link Current}.
 *
 * @example
 * class Clock {
 *   async now(): Promise<number> { return Date.now() }
 * }
 * declare module '@flow/core' {
 *   interface Current { readonly clock: Clock }
 * }
 * const clock = gangDecorator({
 *   name: 'clock',
 *   core: '^0.1.0',
 *   workers: 'body',
 *   setup(gang) {
 *     const provide = (ctx: BodyContext): void => ctx.provide('clock', new Clock())
 *     gang.hooks.onControl.tap('clock', provide)
 *     gang.hooks.onWorker.tap('clock', provide)
 *   },
 * })
 */
export interface BodyContext<F = unknown> extends ReadyContext<F> {
  /**
   * Gives the body `current[key]`. Methods become calls to this object and must return promises; plain fields are
   * copied as they are now; functions and AbortSignals in arguments work.
   */
  provide<K extends Exclude<keyof Current, BuiltInKey>>(key: K, value: Current[K]): void
  /** Runs a launcher (torchrun, ...) whose ranks start on this node, each under the rank wrapper. */
  launchLocal(spec: LocalLaunchSpec): Promise<ProgramResult>
}

/** Of the hook `onControl` of {@link GangHooks}: on control, before the body. */
export interface ControlContext<F = unknown> extends BodyContext<F> {
  /** Runs a program on any node to its end. */
  execOn(node: number, command: readonly string[], options?: ProgramOptions): Promise<ProgramResult>
  /** Copies a file or directory of control's working directory to the same place on every node. */
  broadcast(path: string): Promise<void>
  /** Runs a launcher (mpirun, ...) whose ranks start on all nodes, each under the rank wrapper. */
  launch(spec: LaunchSpec): Promise<ProgramResult>
}

/** What a launch offers to the `command` of its {@link LaunchSpec}. */
export interface LaunchTools {
  /** A program with the calling convention of `ssh` that starts a command on a node of this gang. */
  readonly launchAgent: string
  /**
   * Shell text that goes before a command which something else than `launchAgent` starts on a node, by SSH for example,
   * so that it gets what daemons of the launch get and ends with it. Wants FLOW_NODE_DIR, that node's private directory.
   */
  readonly onNode: string
  /**
   * The name by which launchers are to know a node of the roster, in a hostfile for example. One that no machine has:
   * mpirun takes the name of its own machine for itself, and starts that node's ranks there.
   */
  readonly host: (name: string) => string
  /** Goes before the program's own words, on every node. */
  readonly rank: readonly string[]
  /** A private directory of this launch on control, for a hostfile and the like. */
  readonly dir: string
}

/**
 * A launcher, for `launch` of {@link ControlContext}: it runs on control and starts ranks on all nodes.
 *
 * @example
 * async function run(ctx: ControlContext, program: readonly string[]): Promise<ProgramResult> {
 *   return ctx.launch({
 *     command: ({ launchAgent, rank }) => ['mpirun', '--mca', 'plm_rsh_agent', launchAgent, ...rank, ...program],
 *     env: ctx.env,
 *     nodeEnv: { TMPDIR: '{dir}' },
 *   })
 * }
 */
export interface LaunchSpec {
  command(tools: LaunchTools): readonly string[] | Promise<readonly string[]>
  /** The whole environment of the launcher on control. */
  readonly env: Readonly<Record<string, string>>
  /** Added to the environment of the daemons on each node; `{dir}` becomes that node's private directory. */
  readonly nodeEnv?: Readonly<Record<string, string>> | undefined
  readonly options?: ProgramOptions | undefined
}

/** What a local launch offers to the `command` of its {@link LocalLaunchSpec}. */
export type LocalLaunchTools = Pick<LaunchTools, 'rank' | 'dir'>

/**
 * A launcher, for `launchLocal` of {@link BodyContext}: it runs on a node and starts ranks there.
 *
 * @example
 * async function run(ctx: BodyContext, program: readonly string[]): Promise<ProgramResult> {
 *   return ctx.launchLocal({
 *     command: ({ rank }) => ['sh', '-c', 'FLOW_RANK=0 exec "$@"', 'sh', ...rank, ...program],
 *     options: { timeout: 60_000 },
 *   })
 * }
 */
export interface LocalLaunchSpec {
  /** The rank wrapper takes a rank's number from FLOW_RANK, or from what Open MPI, PMIx, PMI or torchrun (RANK) set. */
  command(tools: LocalLaunchTools): readonly string[] | Promise<readonly string[]>
  /** Added to the node's environment for the launcher and its ranks. */
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly options?: ProgramOptions | undefined
  /**
   * Every node of the gang makes this call with the same name, which no other launch of the gang has (letters, digits,
   * dots, dashes): a rank that fails on one node, or a launcher that is killed there, ends the ranks of all, and every
   * node gets the bad ends of all in `ranks`, so that all name the same cause. Launches of different names may run at the
   * same time. `FLOW_HOOK_MISUSED` for a name that cannot be.
   */
  readonly shared?: string | undefined
  /** The launcher starts ranks again itself: a rank's end is an event, the launcher's end decides. */
  readonly restarts?: boolean | undefined
}

/** Of the hook `onRankExit` of {@link GangHooks}, on a node whose rank ended badly: return a text to name the cause better than its exit status does. */
export interface RankExitContext {
  readonly node: number
  readonly rank: number
  readonly exitCode: number | null
  readonly signal: string | null
  readonly stderr: string
  readonly cause: string
}

/** Of the hook `onStop` of {@link GangHooks}: on every node, when the gang begins to stop. */
export interface StopContext {
  readonly reason: string
  /** Milliseconds until everything is killed. */
  readonly graceMs: number
  readonly me: RosterEntry
}

/** Of the hook `onFailure` of {@link GangHooks}, on control, when a gang failed: return a verdict to replace the one proposed. */
export interface FailureContext {
  readonly verdict: Verdict
  readonly ends: readonly EndRecord[]
}

/** Of the hook `afterNode` of {@link GangHooks}: on a node after everything of it ended. */
export interface AfterNodeContext {
  readonly me: RosterEntry
  readonly dir: string
  readonly outcome: string
}

/** Of the hook `afterCluster` of {@link GangHooks}: in the orchestrator, last of all. */
export interface AfterClusterContext {
  readonly plan: GangPlan
  readonly task: string
  readonly attempt: number
  readonly verdict: Verdict
}
