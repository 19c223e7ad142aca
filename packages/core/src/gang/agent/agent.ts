import { pathToFileURL } from 'node:url'
import { bodyOutcome, type BodyProcess, describeRemote, type RemoteShape } from '../../body/index.js'
import { FlowError, type SerializedError, serializeError, stackWithCauses } from '../../errors/index.js'
import { describeFlow, type Transition } from '../../flow/index.js'
import { describeExit } from '../../process/index.js'
import type { Artifacts, EndRecord, Outcome, Verdict } from '../../store/index.js'
import { extensionUses, type GangHookSet, makeGangHooks } from '../hooks/index.js'
import type { Bootstrap, ControlAddress, FailureReport, LinkDown, LinkUp } from '../protocol.js'
import { Settler, SETTLE_MS } from '../verdict.js'
import { answerBody } from './body-calls.js'
import { BodyFailure } from './body-failure.js'
import { ControlRole } from './control-role.js'
import { HookContext } from './hook-context.js'
import { LocalLaunches } from './local-launch.js'
import { Node } from './node.js'
import type { NodeNotice } from './node-operations.js'
import type { RankEnd } from './rank-watch.js'
import type { Role } from './role.js'
import { WorkerRole } from './worker-role.js'

/** Output that has not ended so long after its body said that it is done is held open by something it started. */
const QUIET_MS = 100

/**
 * The agent of one node: prepares it, joins, runs or serves, and cleans up. Two things end it: the orchestrator's word
 * that the verdict is committed, and the end of the orchestrator link.
 */
export class Agent {
  readonly #bootstrap: Bootstrap
  readonly #send: (message: LinkUp) => void
  readonly #node: Node
  readonly #role: Role
  readonly #context: HookContext
  readonly #local: LocalLaunches
  readonly #stop = new AbortController()
  readonly #ended = Promise.withResolvers<Outcome>()
  readonly #controlKnown = Promise.withResolvers<ControlAddress>()
  readonly #started = performance.now()
  readonly #budget: Record<string, number> = {}
  readonly #settler = new Settler()
  #hooks: GangHookSet | undefined
  #body: ReturnType<Node['startBody']> | undefined
  #stopped: Promise<void> | undefined

  constructor(bootstrap: Bootstrap, send: (message: LinkUp) => void) {
    this.#bootstrap = bootstrap
    this.#send = send
    const node = (): Node => this.#node
    const { signal } = this.#stop
    this.#role =
      bootstrap.index === 0
        ? new ControlRole({ bootstrap, node, signal, send, onFailure: report => this.#onFailure(report) })
        : new WorkerRole({
            bootstrap,
            node,
            signal,
            onStop: (reason, graceMs) => this.#stopNow(reason, graceMs),
            onLost: error => this.#fail('connection', 'lost', error.message),
          })
    this.#node = new Node({
      bootstrap,
      send,
      notify: notice => this.#notify(notice),
      nameCause: end => this.#nameCause(end),
      ...(this.#role instanceof ControlRole ? { onLaunchAgent: event => this.#onLaunchAgent(event) } : {}),
    })
    this.#local = new LocalLaunches({
      host: this.#node.host,
      attemptDir: bootstrap.places.attemptDir,
      index: bootstrap.index,
      node: this.#node,
      endsOfAll: launch => this.#role.endsOfAll(launch),
      notify: notice => this.#role.notify(notice),
    })
    this.#context = new HookContext({
      node: this.#node,
      launchLocal: spec => this.#local.run(spec),
      role: this.#role,
      signal,
      onServiceEnd: (name, status, excerpt) => {
        if (!signal.aborted) this.#report({ what: `service ${name}`, ...status, excerpt }, 'system-error')
      },
    })
  }

  /** What the orchestrator says. */
  receive(message: Exclude<LinkDown, Bootstrap>): void {
    switch (message.type) {
      case 'control':
        this.#controlKnown.resolve(message.control)
        return
      case 'nodeEnded':
        if (this.#role instanceof ControlRole) this.#role.nodeEnded(message.end)
        return
      case 'nodeFailed':
        if (this.#role instanceof ControlRole) this.#role.fail(message.report)
        return
      case 'stop':
        void this.#stopNow(message.reason, message.graceMs)
        return
      case 'end':
        this.#ended.resolve(message.outcome)
        return
      case 'blob':
      case 'log.stored':
        this.#node.store?.receive(message)
        return
      case 'heartbeat':
      // Its coming is all it says: run-agent.ts.
    }
  }

  /** The node was told to end from outside: control hears that before it sees what ends by it. */
  toldToEnd(signal: NodeJS.Signals): void {
    if (this.#stop.signal.aborted || !(this.#role instanceof WorkerRole)) return
    const end = { node: this.#bootstrap.index, what: 'agent', exitCode: null, signal, excerpt: '', at: Date.now() }
    this.#role.fail({ end, outcome: 'lost', ageMs: 0 })
  }

  /** Nothing will come by the orchestrator link any more. */
  linkEnded(): void {
    this.#node.store?.linkEnded()
  }

  /** From the first preparation to the last clean-up. Rejects only when the node cannot be cleaned up. */
  async live(): Promise<void> {
    void this.#runToEnd()
    const outcome = await this.#ended.promise
    const { graceMs } = this.#bootstrap.plan.timeouts
    if (outcome === 'ok') this.#stop.abort()
    else await this.#stopNow(outcome, graceMs)
    await this.#node[Symbol.asyncDispose]()
    const { me, dir } = this.#context
    for (const error of (await this.#hooks?.afterNode.runAll({ me, dir, outcome })) ?? [])
      this.#warn(`afterNode: ${messageOf(error)}`)
    await this.#role[Symbol.asyncDispose]()
  }

  async #runToEnd(): Promise<void> {
    try {
      await this.#enter()
      const { artifacts, transition } = await this.#perform()
      // Durable before the outcome can be ok: on this disk artifacts are, the log may still be on its way.
      await this.#node.store?.bring(artifacts)
      await this.#node.log.flush()
      this.#send({ type: 'done', artifacts, transition })
      await this.#role.done()
      if (this.#role.control !== undefined) await this.#propose()
    } catch (error) {
      if (this.#stop.signal.aborted) return
      if (error instanceof BodyFailure)
        this.#report(error.end, bodyOutcome(error.serialized), error.serialized, performance.now() - error.seenAt)
      else this.#report({ what: 'agent', excerpt: excerptOf(error) }, 'system-error', serializeError(error))
    }
  }

  /** Up to the barrier and through it. */
  async #enter(): Promise<void> {
    const { index, plan } = this.#bootstrap
    if (this.#role instanceof ControlRole) this.#send({ type: 'listening', control: await this.#role.listen() })
    await this.#node.prepare()
    if (index === 0 || plan.workers === 'body') this.#body = this.#node.startBody()
    this.#hooks = await this.#loadHooks()
    // Stopped meanwhile: nothing is prepared any more that nobody would clean up.
    this.#stop.signal.throwIfAborted()
    await this.#hooks?.onNode.run(this.#context)
    if (this.#role instanceof WorkerRole) await this.#role.connect(await this.#controlKnown.promise)
    this.#mark('bootstrap')
    this.#context.enter(await this.#role.join(this.#context.me.facts))
    this.#mark('barrier')
    await this.#hooks?.onReady.run(this.#context)
    await this.#role.ready()
    this.#mark('ready')
    if (index === 0) this.#send({ type: 'ready', budget: this.#budget })
  }

  async #loadHooks(): Promise<GangHookSet | undefined> {
    const { hasNodeHooks, places, exportName, identity } = this.#bootstrap
    if (!hasNodeHooks) return undefined
    const module = (await import(pathToFileURL(places.flowModule).href)) as Record<string, unknown>
    const step = describeFlow(module[exportName]).steps.get(identity.stepName)
    return makeGangHooks(extensionUses(step?.decorations ?? []))
  }

  /** The body where there is one; a worker that serves carries on what it inherited. */
  async #perform(): Promise<{ readonly artifacts: Artifacts; readonly transition?: Transition | undefined }> {
    const { index, inputs } = this.#bootstrap
    if (index === 0) await this.#hooks?.onControl.run(this.#context)
    else await this.#hooks?.onWorker.run(this.#context)
    if (this.#body === undefined) return { artifacts: inputs[0]?.artifacts ?? {} }
    const { body, output } = this.#body
    const shapes = new Map([...this.#context.provided].map(([key, value]) => [key, describeRemote(value)]))
    const blobPipes = await this.#node.store?.servePipes()
    const offers = { context: this.#context, bulk: this.#role.bulk, signal: this.#stop.signal, shapes }
    const end = await body.run({ ...this.#bodyTask(shapes), blobPipes }, (target, method, args) =>
      answerBody(offers, target, method, args),
    )
    const seenAt = performance.now()
    await output.endsWithin(QUIET_MS)
    if (end.type === 'done') return end
    throw new BodyFailure(this.#bootstrap.index, end, output.stderr, seenAt)
  }

  #bodyTask(shapes: ReadonlyMap<string, RemoteShape>): Parameters<BodyProcess['run']>[0] {
    const { identity, exportName, parameters, inputs, isJoin, foreach, places, plan, index } = this.#bootstrap
    return {
      identity,
      exportName,
      parameters,
      inputs,
      foreach,
      flowModule: places.flowModule,
      isJoin,
      blobsDir: places.blobsDir,
      workDir: this.#node.workDir,
      tempDir: this.#node.tempDir,
      env: this.#node.env,
      gang: { index, roster: this.#context.roster, singleNode: plan.singleNode },
      provided: Object.fromEntries(shapes),
    }
  }

  #notify(notice: NodeNotice): void {
    if (notice.type === 'rankEnded') {
      const { rank, exitCode, signal } = notice.end
      this.#send({ type: 'rank', rank, exitCode, signal })
    }
    if (!this.#local.notice(notice)) this.#role.notify(notice)
  }

  #onLaunchAgent(event: {
    readonly type: 'daemon' | 'signal' | 'eof'
    readonly launch: string
    readonly key: string
    readonly host?: string
    readonly name?: string
  }): void {
    const launches = this.#role.control?.launches
    if (event.type === 'daemon') launches?.daemonWanted(event.launch, event.key, event.host ?? '')
    else if (event.type === 'signal')
      launches?.daemonSignalled(event.launch, event.key, `SIG${event.name ?? 'TERM'}` as NodeJS.Signals)
    else launches?.daemonInputEnded(event.launch, event.key)
  }

  #fail(what: string, outcome: Outcome, excerpt: string): void {
    if (!this.#stop.signal.aborted) this.#report({ what, excerpt }, outcome)
  }

  /** This node saw a failure of its own: control and the orchestrator are told, and it begins to stop. */
  #report(
    end: Omit<EndRecord, 'node' | 'at'> & { readonly node?: number },
    outcome: Outcome,
    error?: SerializedError,
    ageMs = 0,
  ): void {
    const report: FailureReport = {
      end: { node: this.#bootstrap.index, at: Date.now() - ageMs, ...end },
      outcome,
      ageMs,
      ...(error === undefined ? {} : { error }),
    }
    const isTold = this.#role.fail(report)
    if (this.#role instanceof WorkerRole) {
      this.#send({ type: 'failed', report, isTold })
      void this.#stopNow('this node failed', this.#bootstrap.plan.timeouts.graceMs)
    }
  }

  /** Control: a failure of any node. The first begins the stop; a little later the verdict is settled. */
  #onFailure(report: FailureReport): void {
    const isFirst = this.#settler.isEmpty
    this.#settler.add(report)
    if (!isFirst) return
    this.#mark('failure')
    const { graceMs } = this.#bootstrap.plan.timeouts
    const reason = `node ${report.end.node} failed`
    void this.#stopNow(reason, graceMs)
    const told = this.#role instanceof ControlRole ? this.#role.stopAll(reason, graceMs, SETTLE_MS) : Promise.resolve()
    void told.then(() => this.#propose())
  }

  async #propose(): Promise<void> {
    this.#mark('end')
    const failed = this.#settler.verdict(this.#budget)
    const verdict = failed === undefined ? okVerdict(this.#budget) : await this.#classify(failed)
    this.#send({ type: 'verdict', verdict })
  }

  /** What the extensions make of a failure. */
  async #classify(verdict: Verdict): Promise<Verdict> {
    const { first, victims } = verdict
    const ends = first === undefined ? victims : [first, ...victims]
    try {
      return (await this.#hooks?.onFailure.run({ verdict, ends })) ?? verdict
    } catch (error) {
      this.#warn(`onFailure: ${messageOf(error)}`)
      return verdict
    }
  }

  /** What the extensions know of a rank's bad end, beyond its status. */
  async #nameCause(end: RankEnd): Promise<string | undefined> {
    const hook = this.#hooks?.onRankExit
    if (hook?.isUsed !== true) return undefined
    const { rank, exitCode, signal, stderr } = end
    try {
      const context = { node: this.#bootstrap.index, rank, exitCode, signal, stderr, cause: describeExit(end) }
      return (await hook.run(context)) ?? undefined
    } catch (error) {
      this.#warn(`onRankExit: ${messageOf(error)}`)
      return undefined
    }
  }

  /** SIGTERM to everything of this node at once, onStop taps, grace, SIGKILL. Settles when the fence is empty. */
  #stopNow(reason: string, graceMs: number): Promise<void> {
    this.#stopped ??= this.#stopOnce(reason, graceMs)
    return this.#stopped
  }

  async #stopOnce(reason: string, graceMs: number): Promise<void> {
    this.#stop.abort(new Error(reason))
    const onStop = this.#hooks?.onStop.runAll({ reason, graceMs, me: this.#context.me }) ?? Promise.resolve([])
    const swept = this.#node.sweep(graceMs)
    for (const error of await onStop) this.#warn(`onStop: ${messageOf(error)}`)
    await swept
  }

  #mark(phase: string): void {
    this.#budget[phase] = Math.round(performance.now() - this.#started)
  }

  #warn(message: string): void {
    this.#send({ type: 'warning', message })
  }
}

function okVerdict(timeline: Verdict['timeline']): Verdict {
  return { outcome: 'ok', message: 'ok', victims: [], timeline }
}

/** A tap that threw something uncoded: its author needs the place. */
function excerptOf(error: unknown): string {
  const isUncoded = FlowError.is(error) && error.code === 'FLOW_HOOK_FAILED' && error.cause instanceof Error
  return isUncoded ? `${error.message}\n${stackWithCauses(serializeError(error.cause))}` : messageOf(error)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
