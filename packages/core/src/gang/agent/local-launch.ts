import { join } from 'node:path'
import type { ProgramResult } from '../../flow/index.js'
import type { LocalLaunchSpec } from '../hooks/index.js'
import { completeLaunch, type DatedEnd, definedOnly } from './launch-result.js'
import type { NodeNotice, NodeOperations } from './node-operations.js'
import { type ProgramHost, runProgram } from './program.js'
import { sharedLaunch } from './shared-launches.js'

export interface LocalLaunchOptions {
  readonly host: ProgramHost
  readonly attemptDir: string
  readonly index: number
  readonly node: NodeOperations
  /** The bad ends of a shared launch on all nodes, dated on this node's clock; control knows them. */
  readonly endsOfAll: (launch: string) => Promise<readonly DatedEnd[]>
  /** To control. */
  readonly notify: (notice: NodeNotice) => void
}

/** The launches whose launcher and ranks are this node's own (torchrun on each node, ...). */
export class LocalLaunches {
  readonly #options: LocalLaunchOptions
  readonly #live = new Map<string, (notice: NodeNotice) => void>()
  #nextLocal = 1
  #nextShared = 1

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
    const isShared = spec.shared === true && spec.restarts !== true
    const launch = spec.shared === true ? sharedLaunch(this.#nextShared++) : `local.${this.#nextLocal++}`
    const { host, node, index, attemptDir } = this.#options
    const { input, onLine, env, cwd, timeout, signal } = spec.options ?? {}
    const ends: DatedEnd[] = []
    let isStopping = false
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
      } else if (notice.type === 'rankEnded') {
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
        env: definedOnly(env ?? {}),
        nodeEnv: {},
        lines: onLine !== undefined,
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
        onEnding: name => void node.launchSignal({ launch, signal: name, all: true }),
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
    const own = spec.restarts === true ? lastOfEach(ends) : ends
    const isBad = ended.exitCode !== 0 || own.some(({ end }) => end.exitCode !== 0)
    return completeLaunch(ended, isBad && isShared ? await this.#withOthers(launch, own) : own, [output])
  }

  /** Control's dates count for bad ends, so that every node names the same first one. */
  async #withOthers(launch: string, own: readonly DatedEnd[]): Promise<readonly DatedEnd[]> {
    // Control may be gone: what this node saw itself is then all there is.
    const all = await this.#options.endsOfAll(launch).catch(() => [])
    const known = new Set(all.map(({ end }) => end.rank))
    return [...all, ...own.filter(({ end }) => !known.has(end.rank))]
  }
}

/** A rank that was started again has ended several times. */
function lastOfEach(ends: readonly DatedEnd[]): readonly DatedEnd[] {
  return [...new Map(ends.map(one => [one.end.rank, one])).values()]
}
