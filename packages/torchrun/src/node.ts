import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import {
  argumentWords,
  type BodyContext,
  findProgram,
  FlowError,
  type PortLease,
  programFailure,
  type ProgramResult,
} from '@flow/core'
import type { TorchApi, TorchRunOptions } from './api.js'
import { entrypointWords, findScript } from './entrypoint.js'
import type { TorchrunOptions } from './torchrun.js'
import { rendezvousWords, restartsOf } from './torchrun-arguments.js'

/** What control publishes for each run: where its ranks meet, under a name of its own. */
interface Meeting {
  readonly port: number
  readonly id: string
}

/** `current.torch` on one node. */
export class Torch implements TorchApi {
  readonly #ctx: BodyContext
  readonly #defaults: TorchrunOptions
  /** Control only. */
  readonly #lease: (() => Promise<PortLease>) | undefined
  #runs = 0

  constructor(ctx: BodyContext, defaults: TorchrunOptions, lease: (() => Promise<PortLease>) | undefined) {
    this.#ctx = ctx
    this.#defaults = defaults
    this.#lease = lease
  }

  async run(options: TorchRunOptions): Promise<ProgramResult> {
    const { entrypoint, entrypointArgs, torchrunArgs, nprocPerNode, ...program } = options
    const { roster, me } = this.#ctx
    const python = await this.#python()
    const own = argumentWords(torchrunArgs)
    const words = [...entrypointWords(entrypoint, python), ...argumentWords(entrypointArgs)]
    const perNode = nprocPerNode ?? this.#defaults.nprocPerNode ?? (this.#ctx.plan.resources.gpu || me.slots)
    if (!Number.isInteger(perNode) || perNode < 1) {
      throw new FlowError('FLOW_TORCHRUN_OPTIONS', {
        message: `current.torch.run: nprocPerNode is ${String(perNode)}`,
        fix: 'Give an integer of 1 or more.',
      })
    }
    await findScript(entrypoint, join(this.#ctx.workDir, program.cwd ?? '.'), me.index)
    const meeting = await this.#meet(`torchrun.${this.#runs++}`)
    const result = await this.#ctx.launchLocal({
      command: tools => [
        python,
        '-m',
        'torch.distributed.run',
        ...rendezvousWords({ nodes: roster.length, me, control: roster[0] ?? me, perNode, ...meeting, given: own }),
        ...own,
        '--no-python',
        ...tools.rank,
        ...words,
      ],
      env: this.#environment(),
      // Python buffers what it prints into a pipe: a killed rank would lose its last words.
      options: { ...program, env: { PYTHONUNBUFFERED: '1', ...program.env } },
      shared: roster.length > 1,
      restarts: restartsOf(own) > 0,
    })
    const command = ['torchrun', ...own, ...words]
    const failure = programFailure(
      { ...result, command },
      {
        roster,
        title: 'torchrun',
        codes: 'FLOW_TORCHRUN',
        // What a rank says when the one it talked to is gone.
        victim:
          /Connection closed by peer|Connection reset by peer|DistNetworkError|DistStoreError|Broken pipe|recvValue failed|Socket Timeout|TCPStore/,
        missingFix: 'Check the name. Files beside the flow are on every node; what a step makes is on its node only.',
      },
    )
    if (failure !== undefined) throw failure
    return { ...result, command }
  }

  /** The rendezvous of this run: control leases a port and tells it, and lets it go when torchrun is about to bind it. */
  async #meet(fact: string): Promise<Meeting> {
    if (this.#lease === undefined) {
      const timeout = this.#defaults.allNodesStartedTimeout ?? 60_000
      return (await this.#ctx.fact(fact, { from: 0, timeout })) as Meeting
    }
    const lease = await this.#lease()
    const meeting = { port: lease.port, id: randomUUID() }
    await lease.release()
    await this.#ctx.publish({ [fact]: meeting })
    return meeting
  }

  async #python(): Promise<string> {
    const { env } = this.#ctx
    const python = (await findProgram('python3', env)) ?? (await findProgram('python', env))
    const check = python === undefined ? undefined : await this.#ctx.exec([python, '-c', SEES_TORCH])
    if (python !== undefined && check?.exitCode === 0) return python
    throw new FlowError('FLOW_TORCHRUN_MISSING', {
      message:
        python === undefined
          ? `There is no python3 on the PATH of this step (node ${this.#ctx.me.index})`
          : `${python} has no PyTorch (node ${this.#ctx.me.index})`,
      why: python === undefined ? `PATH is ${env['PATH'] ?? '(not set)'}` : undefined,
      fix: "Add @pypi({ packages: { torch: '2.13.0' } }) to the step, or put a Python with PyTorch first on its PATH.",
    })
  }

  /** A thread for each core in every rank is slower than one; the step's own setting wins. */
  #environment(): Record<string, string> {
    const { env, me } = this.#ctx
    const isLoopback = me.address.startsWith('127.')
    return {
      // torchrun leaves a directory of logs in it; this one goes with the node.
      TMPDIR: join(this.#ctx.dir, 'tmp'),
      OMP_NUM_THREADS: env['OMP_NUM_THREADS'] ?? '1',
      // gloo chooses its address by the host's name, which may be another interface's.
      ...(isLoopback ? { GLOO_SOCKET_IFNAME: env['GLOO_SOCKET_IFNAME'] ?? 'lo' } : {}),
    }
  }
}

/** Finding a module costs 20 ms, importing PyTorch two seconds. */
const SEES_TORCH = 'import importlib.util, sys; sys.exit(importlib.util.find_spec("torch") is None)'
