import { copyFileSync, cpSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { commandOf, type Finished, type FlowProcess, FlowProject, type StartOptions } from '@flow/core/testing'
import { onTestFinished } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
const flows = join(root, 'test/e2e/flows')

/**
 * A project of a user, outside of the repository, with the packages of the repository and the flow files that a test
 * puts there. Everything goes when the test has finished.
 */
export class Project extends FlowProject {
  /** @param name Last part of the directory's name, for tests about names. */
  constructor(name = 'project') {
    super({ name, from: root })
    onTestFinished(() => this[Symbol.dispose]())
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

  /** The first process of the project that fits. Never none: as root, a signal to "-1" would end the machine. */
  find(fits: (command: string, pid: number) => boolean): number {
    const pids = this.processes()
    const found = pids.find(pid => fits(commandOf(pid), pid))
    if (found === undefined) throw new Error(`no process fits; there are:\n${pids.map(commandOf).join('\n')}`)
    return found
  }

  /** What an artifact of a task is, as `flow dump --json` gives it. */
  async dump(path: string): Promise<Record<string, Record<string, unknown>>> {
    const { stdout } = await this.flow(['dump', path, '--json'])
    return JSON.parse(stdout) as Record<string, Record<string, unknown>>
  }
}
