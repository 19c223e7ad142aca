import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import {
  argumentWords,
  type ControlContext,
  findPython,
  FlowError,
  programFailure,
  type ProgramOptions,
  type ProgramResult,
  programWords,
  pythonProgram,
} from '@flow/core'
import type { DeepSpeedApi, DeepSpeedRunOptions } from './api.js'
import { checkWorkers } from './check-workers.js'
import type { DeepSpeedOptions } from './deepspeed.js'
import { type DeepSpeedArguments, readDeepSpeedArguments } from './deepspeed-arguments.js'
import { PYPI_LINE } from './doctor.js'
import { type Host, hostsOf } from './hosts.js'
import { checkLauncher, launchers } from './launchers/index.js'

/** What a rank says when the one it talked to is gone. */
const VICTIM =
  /Connection closed by peer|Connection reset by peer|DistNetworkError|DistStoreError|Broken pipe|recvValue failed|Socket Timeout|TCPStore|\*\*\* An error occurred in MPI_/

/** `current.deepspeed`, as it lives on control. */
export class DeepSpeed implements DeepSpeedApi {
  readonly #ctx: ControlContext
  readonly #defaults: DeepSpeedOptions
  readonly #ssh: string | undefined

  /** @param ssh Path of the `ssh` of the gang's mesh; undefined where the step has none. */
  constructor(ctx: ControlContext, defaults: DeepSpeedOptions, ssh: string | undefined) {
    this.#ctx = ctx
    this.#defaults = defaults
    this.#ssh = ssh
  }

  async run(options: DeepSpeedRunOptions): Promise<ProgramResult> {
    const { entrypoint, entrypointArgs, deepspeedArgs, launcher: asked, ...program } = options
    const ctx = this.#ctx
    const given = readDeepSpeedArguments(deepspeedArgs)
    const name = asked ?? given.launcher ?? this.#defaults.launcher ?? 'perNode'
    const launch = launchers[checkLauncher(name, 'current.deepspeed.run')]
    const hosts = await this.#hosts(given, program.cwd)
    const found = await findPython(ctx, {
      module: 'deepspeed',
      title: 'DeepSpeed',
      codes: 'FLOW_DEEPSPEED',
      pypi: PYPI_LINE,
    })
    // By name: the same environment may be elsewhere on another node.
    const python = basename(found)
    const words = await this.#words({ entrypoint, entrypointArgs, cwd: program.cwd }, given, python)
    const script = words[0] === python && words[1]?.endsWith('.py') === true ? words[1] : undefined
    await checkWorkers(ctx, hosts, { python, script, cwd: program.cwd })
    const result = await launch({
      ctx,
      hosts,
      given,
      python,
      program: words,
      ssh: this.#ssh,
      master: { address: given.masterAddr ?? hosts[0]?.address ?? ctx.me.address, port: await this.#port(given) },
      options: { ...program, env: { ...this.#environment(given), ...program.env } },
    })
    const command = ['deepspeed', ...argumentWords(deepspeedArgs), ...words]
    const failure = programFailure(
      { ...result, command },
      { roster: ctx.roster, title: 'deepspeed', codes: 'FLOW_DEEPSPEED', victim: VICTIM },
    )
    if (failure !== undefined) throw failure
    return { ...result, command }
  }

  async #hosts(given: DeepSpeedArguments, cwd: string | undefined): Promise<readonly Host[]> {
    const { roster, plan, workDir, env } = this.#ctx
    const path = given.hostfile === undefined ? undefined : resolve(workDir, cwd ?? '.', given.hostfile)
    const hostfile = path === undefined ? undefined : await readHostfile(path)
    const { gpu } = plan.resources
    const visibleDevices = gpu ? env['CUDA_VISIBLE_DEVICES'] : undefined
    return hostsOf({ roster, slotsOf: entry => gpu || entry.slots, given, hostfile, visibleDevices })
  }

  async #words(
    { entrypoint, entrypointArgs, cwd }: Pick<DeepSpeedRunOptions, 'entrypoint' | 'entrypointArgs' | 'cwd'>,
    { isModule, isNoPython }: DeepSpeedArguments,
    python: string,
  ): Promise<readonly string[]> {
    const codes = 'FLOW_DEEPSPEED'
    if (!isModule && !isNoPython) return pythonProgram(this.#ctx, { entrypoint, entrypointArgs, python, cwd, codes })
    const words = programWords(entrypoint, argumentWords(entrypointArgs), `${codes}_PROGRAM_INVALID`)
    return isModule ? [python, '-m', ...words] : words
  }

  /** A port of control for the rendezvous, let go when rank 0 is about to bind it. */
  async #port({ masterPort }: DeepSpeedArguments): Promise<number> {
    if (masterPort !== undefined) return masterPort
    await using lease = await this.#ctx.lease()
    return lease.port
  }

  /**
   * A thread for each core in every rank is slower than one; the step's own setting wins. With `--bind_cores_to_rank`
   * DeepSpeed's launcher sets as many as the rank has cores, and what ranks get from here would replace it.
   */
  #environment({ perNode }: DeepSpeedArguments): NonNullable<ProgramOptions['env']> {
    if (perNode.includes('--bind_cores_to_rank')) return {}
    return { OMP_NUM_THREADS: this.#ctx.env['OMP_NUM_THREADS'] ?? '1' }
  }
}

async function readHostfile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new FlowError('FLOW_DEEPSPEED_HOSTFILE', {
      message: `The hostfile cannot be read: ${path}`,
      fix: 'Paths begin at the working directory of the step. Without a hostfile Flow makes one.',
      cause,
    })
  }
}
