import { randomBytes } from 'node:crypto'
import type { Allocation, BackendNode } from '../backends/index.js'
import {
  type CommitmentEvent,
  type CommitmentState,
  commitmentStep,
  deriveNodeKey,
  type GangHookSet,
  type GangPlan,
  KeyTable,
  type LinkDown,
  type LinkUp,
  LinkWatch,
  makeGangHooks,
  newAttemptSecret,
  newCommitment,
  passedEnvironment,
} from '../gang/index.js'
import { serializeError } from '../errors/index.js'
import { mapStack } from '../package/index.js'
import { type ExitStatus, fromShellStatus, lastLines, MessageStream, Owned, Tail } from '../process/index.js'
import type { Artifacts, Verdict } from '../store/index.js'
import { MemberStore } from './member-store.js'
import { Scheduler } from './scheduler.js'
import { mapError } from './single-task.js'
import { gangPlan } from './step-plan.js'
import { type Attempt, type AttemptEnd, type RunContext, showLines } from './task-context.js'

/** Runs a step on a gang, or on a single node with its extensions: all nodes at once from the backend, their verdict back. */
export async function runGangTask(run: RunContext, attempt: Attempt, size: number): Promise<AttemptEnd> {
  const hooks = makeGangHooks(attempt.needs.uses)
  const plan = await gangPlan(attempt.needs, size, run.maxNodes, run.backend, hooks)
  const cluster = { plan, task: attempt.path, attempt: attempt.identity.attempt, signal: run.signal }
  await hooks.beforeCluster.run(cluster)
  const gang = new GangAttempt(run, attempt, plan, hooks)
  const end = await gang.run()
  for (const error of await hooks.afterCluster.runAll({
    plan,
    task: attempt.path,
    attempt: cluster.attempt,
    verdict: end.verdict,
  })) {
    run.emit({
      type: 'warning',
      task: attempt.path,
      message: `afterCluster: ${error instanceof Error ? error.message : String(error)}`,
    })
  }
  return end
}

/** A node as the orchestrator holds it. */
interface Member {
  readonly node: BackendNode
  readonly link: MessageStream<LinkUp, LinkDown>
  readonly stderr: Tail
  /** Of a node that does not see the run's disk. */
  readonly store: MemberStore | undefined
  artifacts: Artifacts | undefined
}

/** What a gang gets to start its programs in, which bodies that warm up beside it would slow down. */
const START_MS = 250

class GangAttempt {
  readonly #run: RunContext
  readonly #attempt: Attempt
  readonly #plan: GangPlan
  readonly #hooks: GangHookSet
  readonly #members: Member[] = []
  readonly #verdict = Promise.withResolvers<Verdict>()
  #commitment: CommitmentState
  #transition: AttemptEnd['transition']
  readonly #watch: LinkWatch<Member>
  #starting: NodeJS.Timeout | undefined

  constructor(run: RunContext, attempt: Attempt, plan: GangPlan, hooks: GangHookSet) {
    this.#run = run
    this.#attempt = attempt
    this.#plan = plan
    this.#hooks = hooks
    this.#commitment = newCommitment(plan.size)
    this.#watch = new LinkWatch({
      ...plan.timeouts,
      beat: () => this.#toAll({ type: 'heartbeat' }),
      onSilent: (member, silentMs) => this.#silent(member, silentMs),
    })
  }

  async run(): Promise<AttemptEnd> {
    const { graceMs } = this.#plan.timeouts
    const { signal } = this.#run
    const cancel = (): void => this.#step({ type: 'cancelled' })
    if (signal.aborted) cancel()
    else signal.addEventListener('abort', cancel, { once: true })
    // Closed when the nodes are gone.
    await using stores = new Owned()
    try {
      await using allocation = await this.#allocate()
      this.#start(allocation.nodes)
      for (const { store } of this.#members) stores.use(store)
      const verdict = await this.#verdict.promise
      if (verdict.outcome !== 'ok') this.#toAll({ type: 'stop', reason: verdict.message, graceMs })
      this.#toAll({ type: 'end', outcome: verdict.outcome })
      await this.#waitForNodes(graceMs)
      const isServed = this.#plan.workers === 'serve'
      return {
        verdict: this.#mapped(verdict),
        transition: this.#transition,
        artifacts: verdict.outcome === 'ok' ? this.#members.map(member => member.artifacts ?? {}) : [],
        served: isServed,
      }
    } catch (error) {
      // Only the backend throws: it has no nodes for us, or was stopped while it started them.
      const verdict = signal.aborted ? await this.#verdict.promise : notStarted(error)
      return { verdict, artifacts: [], served: false }
    } finally {
      signal.removeEventListener('abort', cancel)
      clearTimeout(this.#starting)
      this.#watch[Symbol.dispose]()
    }
  }

  #allocate(): Promise<Allocation> {
    const { path, identity, env, needs } = this.#attempt
    const { code, store, backend, signal } = this.#run
    const { size, timeouts, resources, environment } = this.#plan
    return backend.allocate({
      task: path,
      attempt: identity.attempt,
      size,
      fence: randomBytes(8).toString('hex'),
      timeouts,
      resources,
      code,
      blobsDir: store.blobs.dir,
      logFile: node => store.logFile(path, identity.attempt, node),
      env: { ...passedEnvironment(process.env, environment.pass), ...env },
      stepEnv: needs.env,
      pythonEnv: needs.pypi === undefined ? undefined : env['VIRTUAL_ENV'],
      signal,
    })
  }

  #start(nodes: readonly BackendNode[]): void {
    const secret = newAttemptSecret()
    const name = `${this.#attempt.path}/${this.#attempt.identity.attempt}`
    const identities = nodes.map(({ index, incarnation }) => ({ attempt: name, index, incarnation }))
    const { onNode, onReady, onControl, onWorker, onRankExit, onStop, onFailure, afterNode } = this.#hooks
    const hasNodeHooks = [onNode, onReady, onControl, onWorker, onRankExit, onStop, onFailure, afterNode].some(
      hook => hook.isUsed,
    )
    using keys = KeyTable.derive(secret, identities.slice(1))
    for (const [index, node] of nodes.entries()) {
      const identity = identities[index]
      if (identity === undefined) continue
      const member = this.#adopt(node)
      member.link.send({
        type: 'bootstrap',
        identity: this.#attempt.identity,
        task: this.#attempt.path,
        plan: this.#plan,
        index,
        incarnation: node.incarnation,
        name: `node${index}`,
        address: node.address,
        fence: node.fence,
        key: deriveNodeKey(secret, identity),
        ...(index === 0 ? { keys: keys.toRecord() } : {}),
        env: node.env,
        places: node.places,
        exportName: this.#run.exportName,
        hasNodeHooks,
        foreach: Scheduler.element(this.#attempt.ready),
        parameters: this.#run.parameters,
        inputs: this.#attempt.ready.inputs,
        isJoin: this.#attempt.ready.isJoin,
      })
    }
    secret.fill(0)
  }

  #adopt(node: BackendNode): Member {
    const link = new MessageStream<LinkUp, LinkDown>(node.output, node.input)
    const { path, identity } = this.#attempt
    const { store } = this.#run
    const memberStore =
      node.places.logFile === undefined
        ? new MemberStore(store.blobs, store.logFile(path, identity.attempt, node.index), message => link.send(message))
        : undefined
    const member: Member = { node, link, stderr: new Tail(), store: memberStore, artifacts: undefined }
    this.#members.push(member)
    this.#watch.expect(member, this.#plan.timeouts.barrierMs)
    node.stderr.on('data', (chunk: Buffer) => member.stderr.push(chunk))
    link.onMessage(message => this.#receive(member, message))
    // The supervisor is a shell: it ends with the agent's status as shells put it.
    void node.ended.then(status => {
      this.#watch.forget(member)
      const stderr = lastLines(member.stderr.toString())
      if (status.exitCode === null) this.#nodeLost(member, 'supervisor', status, stderr)
      else this.#nodeLost(member, 'agent', fromShellStatus(status.exitCode), stderr)
    })
    return member
  }

  #receive(member: Member, message: LinkUp): void {
    const { path } = this.#attempt
    const { index } = member.node
    this.#watch.heard(member)
    switch (message.type) {
      case 'heartbeat':
        return
      case 'blob':
      case 'log.part':
        member.store?.receive(message)
        return
      case 'listening':
        for (const other of this.#members) {
          if (other !== member) other.link.send({ type: 'control', control: message.control })
        }
        return
      case 'joined':
        if (this.#plan.singleNode) return
        this.#run.emit({
          type: 'node.joined',
          task: path,
          node: message.node,
          address: this.#members[message.node]?.node.address ?? '',
        })
        return
      case 'ready':
        this.#starting = setTimeout(() => this.#started(), START_MS)
        if (this.#plan.singleNode) return
        this.#run.emit({ type: 'gang.ready', task: path, nodes: this.#plan.size, budget: message.budget })
        return
      case 'log':
        showLines(this.#run, path, message.lines, this.#plan.singleNode ? undefined : index)
        return
      case 'rank':
        if (message.pid !== undefined) {
          this.#started()
          this.#run.emit({ type: 'rank.started', task: path, node: index, rank: message.rank, pid: message.pid })
        } else
          this.#run.emit({
            type: 'rank.ended',
            task: path,
            node: index,
            rank: message.rank,
            exitCode: message.exitCode ?? null,
            signal: message.signal ?? null,
          })
        return
      case 'warning':
        this.#run.emit({ type: 'warning', task: path, message: message.message })
        return
      case 'done':
        this.#started()
        member.artifacts = message.artifacts
        if (index === 0) this.#transition = message.transition
        this.#step({ type: 'done', node: index })
        return
      case 'failed':
        if (!message.isTold) this.#members[0]?.link.send({ type: 'nodeFailed', report: message.report })
        return
      case 'verdict':
        this.#step({ type: 'proposed', verdict: message.verdict })
    }
  }

  /** Its programs run, or it has none. */
  #started(): void {
    if (this.#starting === undefined) return
    clearTimeout(this.#starting)
    this.#starting = undefined
    this.#run.gangStarted()
  }

  #step(event: CommitmentEvent): void {
    const { state, outputs } = commitmentStep(this.#commitment, event)
    this.#commitment = state
    for (const output of outputs) {
      if (output.type === 'commit') this.#verdict.resolve(output.verdict)
      else this.#members[0]?.link.send({ type: 'nodeEnded', end: output.end })
    }
  }

  /** Stopped, or cut off: it is ended from outside, so that it cannot come back. */
  #silent(member: Member, silentMs: number): void {
    this.#nodeLost(member, 'agent', { exitCode: null, signal: null }, `its agent said nothing for ${silentMs} ms`)
    void member.node.kill()
  }

  #nodeLost(member: Member, what: 'agent' | 'supervisor', status: ExitStatus, excerpt: string): void {
    this.#step({ type: 'ended', end: { node: member.node.index, what, ...status, excerpt, at: Date.now() } })
  }

  /** Shows the author's files where stacks have the bundle. */
  #mapped(verdict: Verdict): Verdict {
    const { first, error } = verdict
    return {
      ...verdict,
      ...(first === undefined ? {} : { first: { ...first, excerpt: mapStack(first.excerpt, this.#run.code) } }),
      ...(error === undefined ? {} : { error: mapError(error, this.#run) }),
    }
  }

  #toAll(message: LinkDown): void {
    for (const { link } of this.#members) link.send(message)
  }

  /** Every node ends by itself within the grace; the backend kills one that does not. */
  async #waitForNodes(graceMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, graceMs + 1_000)
    void Promise.all(this.#members.map(member => member.node.ended)).then(() => resolve())
    await promise
    clearTimeout(timer)
  }
}

function notStarted(error: unknown): Verdict {
  const serialized = serializeError(error)
  return { outcome: 'system-error', message: serialized.message, victims: [], timeline: {}, error: serialized }
}
