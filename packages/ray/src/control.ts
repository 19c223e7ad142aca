import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type ControlContext,
  FlowError,
  programFailure,
  type ProgramOptions,
  type ProgramResult,
  pythonProgram,
  type PythonProgramOptions,
} from '@flow/core'
import type { RayApi, RayJobOptions, RayJobResult, RayNode, RayRunOptions } from './api.js'
import { PYPI_LINE } from './doctor.js'
import { shellCommand } from './shell-command.js'
import type { Cluster } from './start.js'

const submitProgram = fileURLToPath(new URL('../programs/submit.py', import.meta.url))

/** What of a job's `runtime_env` puts another Python first on its PATH, or is one. */
const PYTHONS = ['pip', 'uv', 'conda', 'py_executable']

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
    const words = await this.#words({ entrypoint, entrypointArgs, cwd: options.cwd, python: this.#python })
    const result = await this.#launch(words, options)
    return this.#checked({ ...result, command: words })
  }

  async submit(options: RayJobOptions): Promise<RayJobResult> {
    const { entrypoint, entrypointArgs, runtimeEnv, metadata, env, input, cwd, ...rest } = options
    const words = await this.#words({
      entrypoint,
      entrypointArgs,
      cwd,
      python: PYTHONS.some(name => isGiven(runtimeEnv, name)) ? 'python' : this.#python,
      // It lies where Ray unpacks that directory.
      isElsewhere: isGiven(runtimeEnv, 'working_dir'),
    })
    const jobId = `${this.#ctx.plan.step}-${++this.#jobs}`
    const noJobApi = join(this.#ctx.dir, `${jobId}.no-job-api`)
    const result = await this.#launch([this.#python, submitProgram], {
      ...rest,
      input: {
        jobId,
        entrypoint: shellCommand(words, cwd),
        env: Object.fromEntries(Object.entries(env ?? {}).filter(([, value]) => value !== undefined)),
        noJobApi,
        runtimeEnv,
        metadata,
        input,
      },
    })
    const reason = result.exitCode === 0 ? undefined : await readFile(noJobApi, 'utf8').catch(() => undefined)
    if (reason !== undefined) {
      throw new FlowError('FLOW_RAY_MISSING', {
        message: 'The Ray of this step has no job API',
        why: reason,
        fix: `Install ray[default], not ray alone: ${PYPI_LINE}`,
      })
    }
    return { ...this.#checked({ ...result, command: words }), jobId }
  }

  #words(program: Omit<PythonProgramOptions, 'codes'>): Promise<string[]> {
    return pythonProgram(this.#ctx, { ...program, codes: 'FLOW_RAY' })
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

function isGiven(runtimeEnv: RayJobOptions['runtimeEnv'], name: string): boolean {
  return (runtimeEnv?.[name] ?? undefined) !== undefined
}
