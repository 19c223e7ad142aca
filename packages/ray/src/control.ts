import { fileURLToPath } from 'node:url'
import {
  type ControlContext,
  FlowError,
  programFailure,
  type ProgramOptions,
  type ProgramResult,
  pythonProgram,
} from '@flow/core'
import type { RayApi, RayJobOptions, RayJobResult, RayNode, RayRunOptions } from './api.js'
import { PYPI_LINE } from './doctor.js'
import { shellCommand } from './shell-command.js'
import type { Cluster } from './start.js'

const submitProgram = fileURLToPath(new URL('../programs/submit.py', import.meta.url))

/** What submit.py exits with when there is no job API: EX_UNAVAILABLE of sysexits.h. */
const NO_JOB_API = 69

/** `current.ray`, as it lives on control. */
export class Ray implements RayApi {
  readonly address: string
  readonly dashboardUrl: string | undefined
  readonly nodes: readonly RayNode[]
  readonly storagePath: string
  readonly #ctx: ControlContext
  readonly #python: string
  #jobs = 0

  constructor(ctx: ControlContext, python: string, cluster: Cluster) {
    this.address = cluster.address
    this.dashboardUrl = cluster.dashboardUrl
    this.nodes = cluster.nodes
    this.storagePath = cluster.storagePath
    this.#ctx = ctx
    this.#python = python
  }

  async run({ entrypoint, entrypointArgs, ...options }: RayRunOptions): Promise<ProgramResult> {
    const words = await this.#words({ entrypoint, entrypointArgs }, options.cwd)
    const result = await this.#launch(words, options)
    return this.#checked({ ...result, command: words })
  }

  async submit(options: RayJobOptions): Promise<RayJobResult> {
    const { entrypoint, entrypointArgs, runtimeEnv, metadata, env, input, cwd, ...rest } = options
    const words = await this.#words({ entrypoint, entrypointArgs }, cwd)
    const jobId = `${this.#ctx.plan.step}-${++this.#jobs}`
    const result = await this.#launch([this.#python, submitProgram], {
      ...rest,
      input: {
        jobId,
        entrypoint: shellCommand(words, cwd),
        env: Object.fromEntries(Object.entries(env ?? {}).filter(([, value]) => value !== undefined)),
        runtimeEnv,
        metadata,
        input,
      },
    })
    if (result.exitCode === NO_JOB_API) {
      throw new FlowError('FLOW_RAY_MISSING', {
        message: 'The Ray of this step has no job API',
        why: result.stderr.trim(),
        fix: `Install ray[default], not ray alone: ${PYPI_LINE}`,
      })
    }
    return { ...this.#checked({ ...result, command: words }), jobId }
  }

  #words(program: Pick<RayRunOptions, 'entrypoint' | 'entrypointArgs'>, cwd: string | undefined): Promise<string[]> {
    return pythonProgram(this.#ctx, { ...program, python: this.#python, cwd, codes: 'FLOW_RAY' })
  }

  #launch(words: readonly string[], options: ProgramOptions): Promise<ProgramResult> {
    return this.#ctx.launchLocal({ command: ({ rank }) => [...rank, ...words], env: { FLOW_RANK: '0' }, options })
  }

  #checked(result: ProgramResult): ProgramResult {
    const failure = programFailure(result, { roster: this.#ctx.roster, title: 'Ray', codes: 'FLOW_RAY' })
    if (failure !== undefined) throw failure
    return result
  }
}
