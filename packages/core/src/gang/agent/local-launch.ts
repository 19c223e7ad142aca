import { join } from 'node:path'
import { FlowError } from '../../errors/index.js'
import type { LauncherEnd, ProgramResult } from '../../flow/index.js'
import type { LocalLaunchSpec } from '../hooks/index.js'
import { CLOCK_UNCERTAINTY_MS } from '../verdict.js'
import { completeLaunch, type DatedEnd, type DatedLauncherEnd, withRemovals } from './launch-result.js'
import type { NodeNotice, NodeOperations } from './node-operations.js'
import { type ProgramHost, runProgram } from './program.js'
import { type SharedEnds, sharedLaunch } from './shared-launches.js'

export interface LocalLaunchOptions {
  readonly host: ProgramHost
  readonly attemptDir: string
  readonly index: number
  readonly node: NodeOperations
  /** What went wrong in a shared launch on any node, dated on this node's clock; control knows it. */
  readonly endsOfAll: (launch: string) => Promise<SharedEnds>
  /** To control. */
  readonly notify: (notice: NodeNotice) => void
}

/** The launches whose launcher and ranks are this node's own (torchrun on each node, ...). */
export class LocalLaunches {
  readonly #options: LocalLaunchOptions
  readonly #live = new Map<string, (notice: NodeNotice) => void>()
  #nextLocal = 1

  constructor(options: LocalLaunchOptions) {
    this.#options = options
  }

  /** Takes what this node tells of a launch; false when it is none of these. */
  notice(notice: NodeNotice): boolean {
    const listener = this.#live.get(notice.launch)
    listener?.(notice)
    return listener !== undefined
  }

  async run(spec: LocalLaunchSpec): Promise<ProgramResult> {
    const isShared = spec.shared !== undefined && spec.restarts !== true
    const launch = spec.shared === undefined ? `local.${this.#nextLocal++}` : sharedLaunch(spec.shared)
    if (this.#live.has(launch)) throw twice(launch)
    const { host, node, index, attemptDir } = this.#options
    const { input, onLine, env, cwd, timeout, signal } = spec.options ?? {}
    const ends: DatedEnd[] = []
    let launcher: DatedLauncherEnd | undefined
    let isEnding = false
    let isStopping = false
    let running = 0
    const stopRanks = (): void => {
      if (isStopping) return
      isStopping = true
      void node.launchSignal({ launch, signal: 'SIGTERM', all: false })
      setTimeout(() => void node.launchSignal({ launch, signal: 'SIGKILL', all: true }), host.graceMs).unref()
    }
    this.#live.set(launch, notice => {
      if (notice.type === 'line') {
        const { rank, stream, text } = notice
        onLine?.(text, { stream, node: index, ...(rank === undefined ? {} : { rank }) })
      } else if (notice.type === 'rankStarted') {
        running++
      } else if (notice.type === 'rankEnded') {
        running--
        ends.push({ node: index, end: notice.end, at: performance.now() - notice.ageMs })
        if (notice.end.exitCode === 0 || spec.restarts === true) return
        stopRanks()
        if (isShared) this.#options.notify(notice)
      }
    })
    let ended: ProgramResult
    let output: string | undefined
    try {
      await node.launchOpen({
        launch,
        input,
        cwd: cwd ?? '.',
        env: withRemovals(env ?? {}),
        nodeEnv: {},
        lines: onLine !== undefined,
        isLocal: true,
      })
      const command = await spec.command({
        rank: ['/bin/sh', join(attemptDir, 'rank.sh'), launch, host.nodeDir],
        dir: join(host.nodeDir, `launch.${launch}`),
      })
      ended = await runProgram(host, {
        id: `launcher.${launch}`,
        command,
        env: { ...host.environment(), ...spec.env },
        options: { timeout, signal, cwd, env, onLine },
        onEnding() {
          isEnding = true
          void node.launchSignal({ launch, signal: 'SIGTERM', all: true })
          return running > 0
        },
        onExit: by => {
          if (by === null || isEnding) return
          launcher = { node: index, signal: by, at: performance.now() }
          if (isShared) this.#options.notify({ type: 'launcherKilled', launch, signal: by, ageMs: 0 })
        },
      })
    } finally {
      const closing = await node.launchClose({ launch })
      this.#live.delete(launch)
      output = closing.output
      for (const end of closing.unreported) {
        ends.push({ node: index, end, at: performance.now() })
        if (isShared) this.#options.notify({ type: 'rankEnded', launch, end, ageMs: 0 })
      }
    }
    const own = { ends: spec.restarts === true ? lastOfEach(ends) : ends, launcher }
    const isBad = ended.exitCode !== 0 || own.ends.some(({ end }) => end.exitCode !== 0)
    const all = isBad && isShared ? await this.#withOthers(launch, own) : own
    const cause = launcherEnd(all)
    // What this node's launcher says of its ranks, which were ended, explains nothing of another's end.
    const said = cause === undefined || cause.node === index ? ended : { ...ended, stderr: '' }
    return completeLaunch(said, all.ends, [output], cause)
  }

  /** Control's dates count for bad ends, so that every node names the same first one. */
  async #withOthers(launch: string, own: SharedEnds): Promise<SharedEnds> {
    // Control may be gone: what this node saw itself is then all there is.
    const all = await this.#options.endsOfAll(launch).catch((): SharedEnds => ({ ends: [] }))
    const known = new Set(all.ends.map(({ end }) => end.rank))
    return {
      ends: [...all.ends, ...own.ends.filter(({ end }) => !known.has(end.rank))],
      launcher: all.launcher ?? own.launcher,
    }
  }
}

/** A launcher that was killed is the cause, where no rank had failed before. */
function launcherEnd({ ends, launcher }: SharedEnds): LauncherEnd | undefined {
  if (launcher === undefined) return undefined
  const { node, signal, at } = launcher
  const isEarlier = ends.some(one => one.end.exitCode !== 0 && one.at < at - CLOCK_UNCERTAINTY_MS)
  return isEarlier ? undefined : { what: 'launcher', node, exitCode: null, signal }
}

function twice(launch: string): FlowError {
  return new FlowError('FLOW_HOOK_MISUSED', {
    message: `launchLocal: there is a launch '${launch}' already`,
    fix: 'Give each launch of the gang a name of its own, e.g. by a count of the calls.',
  })
}

/** A rank that was started again has ended several times. */
function lastOfEach(ends: readonly DatedEnd[]): readonly DatedEnd[] {
  return [...new Map(ends.map(one => [one.end.rank, one])).values()]
}
