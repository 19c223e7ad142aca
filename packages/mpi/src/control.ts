import { join } from 'node:path'
import { type ControlContext, FlowError, type ProgramResult, programWords } from '@flow/core'
import type { MpiApi, MpiCompileOptions, MpiRunOptions } from './api.js'
import { programOf } from './detect.js'
import { failureOf } from './failure.js'
import { flavours, type Installation } from './flavours/index.js'
import { launchMpi } from './launch.js'
import { checkSlots, readArguments } from './launcher-arguments.js'

/** `current.mpi`, as it lives on control. */
export class Mpi implements MpiApi {
  readonly #ctx: ControlContext
  readonly #installation: () => Promise<Installation>

  readonly #ssh: string | undefined

  /** @param ssh Path of the `ssh` by which the launcher reaches other nodes; undefined for the gang's own way. */
  constructor(ctx: ControlContext, installation: () => Promise<Installation>, ssh: string | undefined) {
    this.#ctx = ctx
    this.#installation = installation
    this.#ssh = ssh
  }

  cc(options: MpiCompileOptions): Promise<ProgramResult> {
    return this.#compile(['mpicc'], options)
  }

  cxx(options: MpiCompileOptions): Promise<ProgramResult> {
    return this.#compile(['mpicxx', 'mpic++', 'mpiCC'], options)
  }

  fc(options: MpiCompileOptions): Promise<ProgramResult> {
    return this.#compile(['mpifort', 'mpifc', 'mpif90'], options)
  }

  broadcastFile(path: string): Promise<void> {
    return this.#ctx.broadcast(path)
  }

  run(options: MpiRunOptions): Promise<ProgramResult> {
    return this.#launch('mpirun', options)
  }

  exec(options: MpiRunOptions): Promise<ProgramResult> {
    return this.#launch('mpiexec', options)
  }

  async #compile(names: readonly string[], { args, ...options }: MpiCompileOptions): Promise<ProgramResult> {
    const installation = await this.#installation()
    const compiler = await programOf(installation, names)
    const intel =
      installation.flavour === 'intel'
        ? { I_MPI_ROOT: this.#ctx.env['I_MPI_ROOT'] ?? join(installation.bin, '..') }
        : {}
    const result = await this.#ctx.exec([compiler, ...args.map(String)], {
      ...options,
      env: { ...intel, ...options.env },
    })
    if (result.exitCode === 0) return result
    if (result.timedOut || result.isCanceled) {
      throw (
        failureOf(result, this.#ctx.roster, flavours[installation.flavour].title) ??
        new FlowError('FLOW_MPI_COMPILE_FAILED', { message: `${names[0]} was ended` })
      )
    }
    throw new FlowError('FLOW_MPI_COMPILE_FAILED', {
      message: `${[names[0], ...args].join(' ')} exited with ${result.exitCode === null ? result.signal : `code ${result.exitCode}`}`,
      why: result.stderr.trimEnd().split('\n').slice(-30).join('\n'),
      fix: 'Correct the source; paths begin at the working directory of the step, which has the files beside the flow.',
      details: { ...result },
    })
  }

  async #launch(
    launcher: 'mpirun' | 'mpiexec',
    { args = [], program, programArgs, ...options }: MpiRunOptions,
  ): Promise<ProgramResult> {
    const words = programWords(program, programArgs, 'FLOW_MPI_PROGRAM_INVALID')
    const { roster } = this.#ctx
    checkSlots(readArguments(args.map(String)), roster)
    const installation = await this.#installation()
    const result = await launchMpi(this.#ctx, {
      ...options,
      installation,
      launcher,
      args,
      program: words,
      ssh: this.#ssh,
    })
    const failure = failureOf(result, roster, flavours[installation.flavour].title)
    if (failure !== undefined) throw failure
    return result
  }
}
