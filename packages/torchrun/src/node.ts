import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import {
  argumentWords,
  type BodyContext,
  exchange,
  findPython,
  FlowError,
  type PortLease,
  programFailure,
  type ProgramResult,
  pythonLauncher,
  pythonProgram,
} from '@flow/core'
import type { TorchApi, TorchRunOptions } from './api.js'
import { PYPI_LINE } from './doctor.js'
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
    // Counted before anything is waited for: nodes that make their calls in the same order mean the same by it.
    const name = `torchrun.${this.#runs++}`
    const { entrypoint, entrypointArgs, torchrunArgs, nprocPerNode, ...program } = options
    const { roster, me } = this.#ctx
    const python = await findPython(this.#ctx, {
      module: 'torch',
      title: 'PyTorch',
      codes: 'FLOW_TORCHRUN',
      pypi: PYPI_LINE,
    })
    const own = argumentWords(torchrunArgs)
    const { cwd } = program
    const words = await pythonProgram(this.#ctx, { entrypoint, entrypointArgs, python, cwd, codes: 'FLOW_TORCHRUN' })
    const perNode = nprocPerNode ?? this.#defaults.nprocPerNode ?? (this.#ctx.plan.resources.gpu || me.slots)
    if (!Number.isInteger(perNode) || perNode < 1) {
      throw new FlowError('FLOW_TORCHRUN_OPTIONS', {
        message: `current.torch.run: nprocPerNode is ${String(perNode)}`,
        fix: 'Give an integer of 1 or more.',
      })
    }
    const meeting = await this.#meet(name)
    const result = await this.#ctx.launchLocal({
      command: tools => [
        python,
        ...pythonLauncher('torch.distributed.run', 'torchrun'),
        ...own,
        ...rendezvousWords({ nodes: roster.length, me, control: roster[0] ?? me, perNode, ...meeting, given: own }),
        '--no-python',
        ...tools.rank,
        ...words,
      ],
      env: this.#environment(),
      options: program,
      shared: roster.length > 1 ? name : undefined,
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
      },
    )
    if (failure !== undefined) throw failure
    return { ...result, command }
  }

  /** The rendezvous of this run: control leases a port and tells it, and lets it go when torchrun is about to bind it. */
  async #meet(name: string): Promise<Meeting> {
    const lease = await this.#lease?.()
    try {
      const meeting: Meeting | null = lease === undefined ? null : { port: lease.port, id: randomUUID() }
      const [ofControl] = await exchange(this.#ctx, name, meeting, {
        timeout: this.#defaults.allNodesStartedTimeout,
        call: 'current.torch.run',
        codes: 'FLOW_TORCHRUN',
      })
      return ofControl as Meeting
    } finally {
      await lease?.release()
    }
  }

  /** A thread for each core in every rank is slower than one; the step's own setting wins. */
  #environment(): Record<string, string> {
    return {
      // torchrun leaves a directory of logs in it; this one goes with the node.
      TMPDIR: join(this.#ctx.dir, 'tmp'),
      OMP_NUM_THREADS: this.#ctx.env['OMP_NUM_THREADS'] ?? '1',
    }
  }
}
