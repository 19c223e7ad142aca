import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './blocks.js'

/** A folder of programs, inside the repository, so that they find the packages as their users do. */
export class ProgramFolder implements Disposable {
  readonly dir: string

  constructor(name: string) {
    const cache = join(root, '.cache')
    mkdirSync(cache, { recursive: true })
    this.dir = mkdtempSync(join(cache, `${name}-`))
    writeFileSync(join(this.dir, 'package.json'), '{ "type": "module" }')
    writeFileSync(
      join(this.dir, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../tsconfig.base.json',
        compilerOptions: { composite: false, incremental: false, noEmit: true },
        include: ['*.ts'],
      }),
    )
  }

  /** Where the program of one place in a file is. */
  path(file: string, line: number, extension = 'ts'): string {
    return join(this.dir, `${file.replaceAll(/[/.]/g, '-')}-${line}.${extension}`)
  }

  /** Runs Node.js here, with a state directory of this folder. */
  node(...args: string[]): { status: number | null; output: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: this.dir,
      encoding: 'utf8',
      // vitest's own timeout cannot interrupt a call that blocks.
      timeout: 60_000,
      env: { ...process.env, FLOW_HOME: join(this.dir, 'home') },
    })
    return { status, output: stdout + stderr }
  }

  flow(...args: string[]): { status: number | null; output: string } {
    return this.node(join(root, 'packages/core/bin/flow.js'), ...args)
  }

  /** The type checker, over all of them. */
  check(): { status: number | null; output: string } {
    return this.node(join(root, 'node_modules/.bin/tsc'), '-p', this.dir)
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true })
  }
}
