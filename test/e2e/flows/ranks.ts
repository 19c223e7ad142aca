import {
  type ControlContext,
  current,
  environment,
  Flow,
  gangDecorator,
  type Inputs,
  programFailure,
  type ProgramOptions,
  type ProgramResult,
  step,
} from '@flow/core'

/** Runs a shell script as a rank: by a launch of the node's own, or by one of control for all nodes. */
class Shell {
  readonly #ctx: ControlContext

  constructor(ctx: ControlContext) {
    this.#ctx = ctx
  }

  local(script: string, options: ProgramOptions): Promise<ProgramResult> {
    return this.#checked(
      this.#ctx.launchLocal({ command: ({ rank }) => ['env', 'FLOW_RANK=0', ...rank, 'sh', '-c', script], options }),
    )
  }

  wide(script: string, options: ProgramOptions): Promise<ProgramResult> {
    return this.#checked(
      this.#ctx.launch({ command: ({ rank }) => [...rank, 'sh', '-c', script], env: this.#ctx.env, options }),
    )
  }

  async #checked(running: Promise<ProgramResult>): Promise<ProgramResult> {
    const result = await running
    const failure = programFailure(result, { roster: this.#ctx.roster, title: 'sh', codes: 'FLOW_SHELL' })
    if (failure !== undefined) throw failure
    return result
  }
}

const shell = gangDecorator({
  name: 'shell',
  core: '^0.1.0',
  workers: 'serve',
  setup(gang) {
    gang.hooks.onControl.tap('shell', ctx => ctx.provide('shell', new Shell(ctx)))
  },
})

declare module '@flow/core' {
  interface Current {
    readonly shell: Shell
  }
}

/** What a rank is given of its environment, its time and its output, by both kinds of launch. */
export default class Ranks extends Flow {
  @step start() {
    this.next(this.work, { numParallel: 2 })
  }

  @environment({ vars: { GONE: '1', PYTHONPATH: '/nowhere', KEPT: '2' } })
  @shell()
  @step
  async work() {
    for (const kind of ['local', 'wide'] as const) {
      const run = async (script: string, options: ProgramOptions = {}): Promise<string> =>
        current.shell[kind](script, options).then(
          ({ stdout, output }) => `${stdout.trim()} ${JSON.stringify(output)}`,
          (error: { readonly code: string }) => error.code,
        )
      const env = { GONE: undefined, PYTHONPATH: undefined, NEVER: undefined }
      console.log(kind, await run('echo "${GONE-none} ${PYTHONPATH-none} ${KEPT-none}"', { env }))
      console.log(kind, await run('sleep 0.1; echo 7 >"$FLOW_OUTPUT"; echo slept', { timeout: Infinity }))
      console.log(kind, await run('printf "{" >"$FLOW_OUTPUT"; exit 3'))
      console.log(kind, await run('printf "{" >"$FLOW_OUTPUT"'))
    }
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    void inputs
    this.next(this.end)
  }

  @step end() {}
}
