import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { onTestFinished } from 'vitest'
import { FlowProcess } from './flow-process.js'
import { hasMark, processes } from './processes.js'

const root = resolve(import.meta.dirname, '../../..')
const cli = join(root, 'packages/core/bin/flow.js')
const flows = join(root, 'test/e2e/flows')

/** How `flow` is started. */
export interface StartOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** A program that starts `flow` in its turn: `['sh', '-c', 'ulimit …; exec "$@"', 'sh']`. */
  readonly through?: readonly string[]
}

/**
 * A project of a user, outside of the repository: a package.json, the packages of the repository, and the flow files
 * that a test puts there. Its state directory is `.flow` beside them. Everything goes when the test has finished.
 */
export class Project {
  readonly dir: string
  /**
   * Marks every process that comes of this project's runs. Programs on the nodes of a gang get only what the plan lets
   * through; `OMP_*` is among that.
   */
  readonly #mark = `OMP_FLOW_E2E=${randomBytes(8).toString('hex')}`

  /** @param name Last part of the directory's name, for tests about names. */
  constructor(name = 'project') {
    const base = mkdtempSync(join(tmpdir(), 'e2e-'))
    this.dir = join(base, name)
    mkdirSync(this.dir)
    this.write('package.json', JSON.stringify({ name: 'project', private: true, type: 'module' }))
    symlinkSync(join(root, 'node_modules'), join(this.dir, 'node_modules'))
    onTestFinished(() => {
      for (const pid of this.processes()) process.kill(pid, 'SIGKILL')
      rmSync(base, { recursive: true, force: true })
    })
  }

  get home(): string {
    return join(this.dir, '.flow')
  }

  write(path: string, text: string | Uint8Array): string {
    const full = join(this.dir, path)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, text)
    return full
  }

  /** Copies a flow of `test/e2e/flows/` into the project. */
  use(flow: string): string {
    copyFileSync(join(flows, flow), join(this.dir, basename(flow)))
    return basename(flow)
  }

  useFolder(folder: string): void {
    cpSync(join(flows, folder), this.dir, { recursive: true })
  }

  /** Copies an example of the repository into the project, as a clone has it. */
  useExample(name: string): void {
    cpSync(join(root, 'examples', name), this.dir, {
      recursive: true,
      filter: path => !path.endsWith('node_modules') && !path.endsWith('.flow'),
    })
  }

  /** Starts `flow` with these arguments. */
  start(args: readonly string[], { env, cwd, through = [] }: StartOptions = {}): FlowProcess {
    const [program = process.execPath, ...rest] = [...through, process.execPath, cli, ...args]
    const child = spawn(program, rest, {
      cwd: cwd ?? this.dir,
      env: { ...cleanEnvironment(), ...markOf(this.#mark), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return new FlowProcess(child)
  }

  /** Runs a flow of `test/e2e/flows/` to its end; its events are those of `--json`. */
  run(flow: string, args: readonly string[] = [], options?: StartOptions): Promise<Finished> {
    return this.startRun(flow, args, options).ended
  }

  startRun(flow: string, args: readonly string[] = [], options?: StartOptions): FlowProcess {
    return this.start(['run', this.use(flow), '--json', ...args], options)
  }

  /** Runs any command of `flow` to its end. */
  flow(args: readonly string[], options?: StartOptions): Promise<Finished> {
    return this.start(args, options).ended
  }

  /** What an artifact of a task is, as `flow dump --json` gives it. */
  async dump(path: string): Promise<Record<string, Record<string, unknown>>> {
    const { stdout } = await this.flow(['dump', path, '--json'])
    return JSON.parse(stdout) as Record<string, Record<string, unknown>>
  }

  /** Processes that came of this project and are still there. */
  processes(): number[] {
    return processes(process => hasMark(process, this.#mark) || process.command.includes(this.dir))
  }
}

type Finished = Awaited<FlowProcess['ended']>

function cleanEnvironment(): Record<string, string | undefined> {
  const names = Object.keys(process.env).filter(name => !/^npm_|^NODE_|^VITEST|^FLOW_/.test(name))
  return Object.fromEntries(names.map(name => [name, process.env[name]]))
}

function markOf(mark: string): Record<string, string> {
  const [name = '', value = ''] = mark.split('=')
  return { [name]: value }
}
