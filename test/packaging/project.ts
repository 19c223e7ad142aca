import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

/** The names of all packages of the repository. */
export const allPackages: readonly string[] = readdirSync(join(root, 'packages'))

/** An empty project outside the repository, into which the packed packages are installed as a user would do it. */
export class Project implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'flow-packaging-'))
  readonly #env: NodeJS.ProcessEnv

  constructor() {
    // The Node.js that runs this test, before the machine's own; nothing of the repository's npm reaches the project.
    const path = [dirname(process.execPath), process.env['PATH']].join(delimiter)
    const env = Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_OPTIONS$|^VITEST/.test(name))
    this.#env = { ...Object.fromEntries(env), PATH: path }
    this.write('package.json', JSON.stringify({ name: 'project', private: true, type: 'module' }))
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.dir, path)), { recursive: true })
    writeFileSync(join(this.dir, path), text)
  }

  /** Packs packages of the repository and installs the tarballs, together with `others`. */
  install(packages: readonly string[], ...others: string[]): void {
    const tarballs = packages.map(name => this.pack(join(root, 'packages', name)))
    const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', ...tarballs, ...others]
    const { status, output } = this.run('npm', ...args)
    if (status !== 0) throw new Error(`npm install failed:\n${output}`)
  }

  /** Packs the package of a folder into this project. Returns the tarball, as `npm install` takes it. */
  pack(folder: string): string {
    const output = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', this.dir], {
      cwd: folder,
      env: this.#env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const packed: [{ filename: string }] = JSON.parse(output)
    return join(this.dir, packed[0].filename)
  }

  run(command: string, ...args: string[]): { status: number | null; stdout: string; output: string } {
    // vitest's own timeout cannot interrupt a call that blocks.
    const result = spawnSync(command, args, { cwd: this.dir, env: this.#env, encoding: 'utf8', timeout: 180_000 })
    return {
      status: result.status,
      stdout: result.stdout,
      output: `${result.stdout}${result.stderr}${result.error ?? ''}`,
    }
  }

  /** The range of a development dependency of the repository, as npm's command line takes it. */
  static devDependency(name: string): string {
    const manifest: { devDependencies: Record<string, string> } = JSON.parse(
      readFileSync(join(root, 'package.json'), 'utf8'),
    )
    return `${name}@${manifest.devDependencies[name]}`
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true })
  }
}
