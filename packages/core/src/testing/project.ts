import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FlowProcess } from './flow-process.js'
import { hasMark, processes } from './processes.js'

const cli = fileURLToPath(new URL('../../bin/flow.js', import.meta.url))

/** Where a {@link FlowProject} is made. */
export interface FlowProjectOptions {
  /** Last part of the directory's name. Default: `project`. */
  readonly name?: string | undefined
  /**
   * A folder from which the packages that the project imports can be found: its own package, if it is one, and those of
   * the node_modules folders from there upwards. Default: the working directory.
   */
  readonly from?: string | undefined
}

/** How a {@link FlowProject} starts `flow`. */
export interface StartOptions {
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  readonly cwd?: string | undefined
  /** A program that starts `flow` in its turn: `['sh', '-c', 'ulimit …; exec "$@"', 'sh']`. */
  readonly through?: readonly string[] | undefined
}

/**
 * A user's project in a temporary directory: a package.json, packages, and the files that a test puts there. Its state
 * directory is `.flow` beside them. When it is disposed of, everything that came of it is ended and removed.
 *
 * @example
 * import assert from 'node:assert/strict'
 *
 * using project = new FlowProject()
 * project.write('flow.js', "import { decorate, Flow, step } from '@flow/core' // ...")
 * const end = await project.start(['run', 'flow.js', '--json']).ended
 * assert.equal(end.exitCode, 0, end.output)
 * assert.deepEqual(project.processes(), [])
 */
export class FlowProject implements Disposable {
  readonly dir: string
  readonly #base: string
  /**
   * Marks every process that comes of this project's runs. Programs on the nodes of a gang get only what the plan lets
   * through; `OMP_*` is among that.
   */
  readonly #mark = { name: 'OMP_FLOW_TEST', value: randomBytes(8).toString('hex') }

  constructor({ name = 'project', from = process.cwd() }: FlowProjectOptions = {}) {
    this.#base = mkdtempSync(join(tmpdir(), 'flowtest-'))
    this.dir = join(this.#base, name)
    mkdirSync(this.dir)
    this.write('package.json', JSON.stringify({ name: 'project', private: true, type: 'module' }))
    linkPackages(join(this.dir, 'node_modules'), from)
  }

  get home(): string {
    return join(this.dir, '.flow')
  }

  /** Writes a file of the project; returns its full path. */
  write(path: string, text: string | Uint8Array): string {
    const full = join(this.dir, path)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, text)
    return full
  }

  /** Starts `flow` with these arguments. */
  start(args: readonly string[], { env, cwd, through = [] }: StartOptions = {}): FlowProcess {
    const [program = process.execPath, ...rest] = [...through, process.execPath, cli, ...args]
    const child = spawn(program, rest, {
      cwd: cwd ?? this.dir,
      env: { ...cleanEnvironment(), [this.#mark.name]: this.#mark.value, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return new FlowProcess(child)
  }

  /** Processes that came of this project and are still there. */
  processes(): number[] {
    const mark = `${this.#mark.name}=${this.#mark.value}`
    return processes(process => hasMark(process, mark) || process.command.includes(this.dir))
  }

  [Symbol.dispose](): void {
    for (const pid of this.processes()) process.kill(pid, 'SIGKILL')
    rmSync(this.#base, { recursive: true, force: true })
  }
}

/** Without what the runner of the tests and npm put there. */
function cleanEnvironment(): Record<string, string | undefined> {
  const names = Object.keys(process.env).filter(name => !/^npm_|^NODE_|^VITEST|^FLOW_/.test(name))
  return Object.fromEntries(names.map(name => [name, process.env[name]]))
}

/** Links to all packages that `from` sees, nearer ones first; to the package that `from` is, too. */
function linkPackages(modules: string, from: string): void {
  mkdirSync(modules)
  for (let folder = from; ; folder = dirname(folder)) {
    const name = packageName(folder)
    if (name !== undefined) link(modules, name, folder)
    const found = join(folder, 'node_modules')
    for (const entry of namesIn(found)) {
      if (!entry.startsWith('@')) link(modules, entry, join(found, entry))
      else
        for (const scoped of namesIn(join(found, entry)))
          link(modules, `${entry}/${scoped}`, join(found, entry, scoped))
    }
    if (dirname(folder) === folder) return
  }
}

function link(modules: string, name: string, target: string): void {
  const path = join(modules, name)
  if (existsSync(path)) return
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path)
}

/** The name of the package that a folder is, if it can be imported by it. */
function packageName(folder: string): string | undefined {
  const manifest = join(folder, 'package.json')
  if (!existsSync(manifest)) return undefined
  const { name, exports } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string; exports?: unknown }
  return exports === undefined ? undefined : name
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}
