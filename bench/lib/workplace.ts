import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { runCommand } from './command.ts'

export const METAFLOW = '2.19.39'

export const root = resolve(import.meta.dirname, '../..')
const bench = join(root, 'bench')
const cache = join(bench, '.cache')

/**
 * Where a bench runs: folders of its own beside the sources (the same disk for all sides), gone afterwards, and
 * environments without what the caller's shell or npm would add.
 */
export class Workplace implements Disposable {
  readonly dir: string
  readonly #metaflow: string
  #python: Promise<string> | undefined

  constructor() {
    mkdirSync(cache, { recursive: true })
    this.dir = mkdtempSync(join(cache, 'run-'))
    this.#metaflow = join(cache, `metaflow-${METAFLOW}`)
  }

  /** A new empty folder in the workplace. */
  folder(name: string): string {
    return mkdtempSync(join(this.dir, `${name}-`))
  }

  /** Command and environment of `flow run FLOW.ts …`, with a state directory of this bench. */
  flow(file: string, ...args: readonly string[]): { command: [string, ...string[]]; env: NodeJS.ProcessEnv } {
    const command: [string, ...string[]] = [
      process.execPath,
      join(root, 'packages/core/bin/flow.js'),
      'run',
      file,
      ...args,
    ]
    return { command, env: { ...this.env(), FLOW_HOME: join(this.dir, 'flow-home') } }
  }

  /** The same for a flow of this bench. */
  ownFlow(name: string, ...args: readonly string[]): { command: [string, ...string[]]; env: NodeJS.ProcessEnv } {
    return this.flow(join(bench, 'flows', `${name}.ts`), ...args)
  }

  /** Command and environment of `python FLOW.py run …` under Metaflow, installed on first use. */
  async metaflow(
    name: string,
    ...args: readonly string[]
  ): Promise<{ command: [string, ...string[]]; env: NodeJS.ProcessEnv; store: string }> {
    this.#python ??= this.#installMetaflow()
    const store = join(this.dir, 'metaflow-store')
    mkdirSync(store, { recursive: true })
    const python = await this.#python
    return {
      command: [python, join(bench, 'metaflow', `${name}.py`), 'run', ...args],
      // Its gangs start whatever `python` comes first on PATH.
      env: {
        ...this.env(),
        PATH: [join(this.#metaflow, 'bin'), process.env['PATH']].join(delimiter),
        METAFLOW_USER: 'bench',
        METAFLOW_HOME: this.dir,
        METAFLOW_DATASTORE_SYSROOT_LOCAL: store,
      },
      store,
    }
  }

  /** The caller's environment, less what npm put there, with the Node that runs this first on PATH. */
  env(): NodeJS.ProcessEnv {
    const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|FLOW_|METAFLOW_|NODE_OPTIONS$)/.test(name))
    return { ...Object.fromEntries(kept), PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter) }
  }

  async #installMetaflow(): Promise<string> {
    const python = join(this.#metaflow, 'bin/python')
    const marker = join(this.#metaflow, '.complete')
    if (existsSync(marker)) return python
    console.error(`installing metaflow ${METAFLOW} into ${this.#metaflow}`)
    rmSync(this.#metaflow, { recursive: true, force: true })
    const env = this.env()
    await runCommand(['python3', '-m', 'venv', this.#metaflow], { env })
    await runCommand([python, '-m', 'pip', 'install', '--quiet', `metaflow==${METAFLOW}`], { env })
    mkdirSync(marker)
    return python
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true })
  }
}
