import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type BodyContext,
  exchange,
  findPython,
  FlowError,
  hostPort,
  programFailure,
  type ProgramOptions,
  type ProgramResult,
  pythonProgram,
} from '@flow/core'
import type { TensorflowApi, TensorflowRunOptions } from './api.js'
import { serves, tasksOf, tfConfigs } from './cluster.js'
import { PYPI_LINE } from './doctor.js'
import type { TensorflowOptions } from './options.js'
import { type LocalRank, ranksScript } from './ranks-script.js'
import { runServed } from './served.js'

const CODES = 'FLOW_TENSORFLOW'

/** This node's part of one run. */
interface RunOnNode {
  /** The same on every node, and no other run's. */
  readonly name: string
  readonly command: readonly string[]
  readonly program: ProgramOptions
  readonly ports: readonly number[]
  /** Lets this node's ports go. */
  readonly release: () => Promise<void>
}

interface TaskOfRank extends LocalRank {
  readonly serves: boolean
}

/** Some of its ranks. */
interface LaunchOnNode {
  readonly name: string
  readonly command: readonly string[]
  readonly ranks: readonly LocalRank[]
  readonly options: ProgramOptions
  readonly onStart: () => Promise<void>
}

/** `current.tensorflow` on one node. */
export class Tensorflow implements TensorflowApi {
  readonly #ctx: BodyContext
  readonly #defaults: TensorflowOptions
  #runs = 0

  constructor(ctx: BodyContext, defaults: TensorflowOptions) {
    this.#ctx = ctx
    this.#defaults = defaults
  }

  async run(options: TensorflowRunOptions): Promise<ProgramResult> {
    // Counted before anything is waited for: nodes that make their calls in the same order mean the same by it.
    const name = `tensorflow.${this.#runs++}`
    const { entrypoint, entrypointArgs, nprocPerNode, ...program } = options
    const perNode = this.#perNode(nprocPerNode)
    const { cwd } = program
    const pypi = PYPI_LINE
    const python = await findPython(this.#ctx, { module: 'tensorflow', title: 'TensorFlow', codes: CODES, pypi })
    const command = await pythonProgram(this.#ctx, { entrypoint, entrypointArgs, python, cwd, codes: CODES })
    const leases = await Promise.all(Array.from({ length: perNode }, () => this.#ctx.lease()))
    const release = async (): Promise<void> => {
      for (const lease of leases) await lease.release()
    }
    try {
      const ports = leases.map(({ port }) => port)
      return await this.#runRanks({ name, command, program, ports, release })
    } finally {
      await release()
    }
  }

  async #runRanks({ name, command, program, ports, release }: RunOnNode): Promise<ProgramResult> {
    const nodes = this.#ranksOf(await this.#addresses(name, ports))
    const ranks = nodes[this.#ctx.me.index] ?? []
    const start = (shared: string, some: readonly LocalRank[], signal?: AbortSignal): Promise<ProgramResult> =>
      this.#launch({
        name: shared,
        command,
        ranks: some,
        options: withSignal(program, signal),
        // The last moment: TensorFlow binds the ports itself, on every address.
        onStart: release,
      })
    if ((this.#defaults.parameterServers ?? 0) > 0) {
      return runServed({
        ctx: this.#ctx,
        name,
        decidingNodes: nodes.flatMap((some, node) => (some.every(rank => rank.serves) ? [] : [node])),
        servers: signal =>
          start(
            `${name}.servers`,
            ranks.filter(rank => rank.serves),
            signal,
          ),
        deciders: signal =>
          start(
            name,
            ranks.filter(rank => !rank.serves),
            signal,
          ),
        failureOf: result => this.#failureOf(result),
      })
    }
    const result = await start(name, ranks)
    const failure = this.#failureOf(result)
    if (failure !== undefined) throw failure
    return result
  }

  #perNode(given: number | undefined): number {
    const perNode = given ?? this.#defaults.nprocPerNode ?? 1
    if (Number.isInteger(perNode) && perNode >= 1) return perNode
    throw new FlowError('FLOW_TENSORFLOW_OPTIONS', {
      message: `current.tensorflow.run: nprocPerNode is ${String(perNode)}`,
      fix: 'Give an integer of 1 or more.',
    })
  }

  /** The addresses of all ranks, by node: each node leases its own ports and tells them. */
  async #addresses(name: string, ports: readonly number[]): Promise<readonly (readonly string[])[]> {
    const told = (await exchange(this.#ctx, name, ports, {
      timeout: this.#defaults.allNodesStartedTimeout,
      call: 'current.tensorflow.run',
      codes: CODES,
    })) as readonly (readonly number[])[]
    return this.#ctx.roster.map(({ address }, index) => (told[index] ?? []).map(port => hostPort(address, port)))
  }

  /** The ranks of each node. They are counted over the nodes. */
  #ranksOf(addresses: readonly (readonly string[])[]): readonly (readonly TaskOfRank[])[] {
    const all = addresses.flat()
    const tasks = tasksOf(all.length, this.#defaults)
    const ranks = tfConfigs(tasks, all).map((tfConfig, rank) => ({
      rank,
      tfConfig,
      serves: serves(tasks[rank], this.#defaults),
    }))
    return addresses.map((own, node) => {
      const first = addresses.slice(0, node).flat().length
      return ranks.slice(first, first + own.length)
    })
  }

  async #launch({ name, command, ranks, options, onStart }: LaunchOnNode): Promise<ProgramResult> {
    const result = await this.#ctx.launchLocal({
      command: async ({ rank, dir }) => {
        const script = join(dir, 'ranks.sh')
        await writeFile(script, ranksScript(ranks), { mode: 0o600 })
        await onStart()
        return ['/bin/sh', script, ...rank, ...command]
      },
      options,
      shared: this.#ctx.roster.length > 1 ? name : undefined,
    })
    return { ...result, command: [...command] }
  }

  #failureOf(result: ProgramResult): FlowError | undefined {
    return programFailure(result, { roster: this.#ctx.roster, title: 'TensorFlow', codes: CODES, victim: VICTIM })
  }
}

/** Aborted by either. */
function withSignal(options: ProgramOptions, signal: AbortSignal | undefined): ProgramOptions {
  if (signal === undefined) return options
  return { ...options, signal: options.signal === undefined ? signal : AbortSignal.any([options.signal, signal]) }
}

/** What a rank says when the one it talked to is gone. */
const VICTIM =
  /Collective ops is aborted|are unhealthy \(stopped sending heartbeats\)|UnavailableError|coordination service|Connection reset by peer|Socket closed/
