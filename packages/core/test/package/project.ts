import { mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BuildPackageOptions } from '../../src/package/index.js'

/** A project in a temporary folder, with a core of its own that has only what the tests look at. */
export class Project implements Disposable {
  readonly root: string
  readonly dir: string
  readonly home: string

  constructor(name = 'project') {
    this.root = realpathSync(mkdtempSync(join(tmpdir(), 'flow-package-')))
    this.dir = join(this.root, name)
    this.home = join(this.dir, '.flow')
    this.write({
      'package.json': '{ "name": "project", "type": "module" }',
      'node_modules/@flow/core/package.json':
        '{ "name": "@flow/core", "version": "0.1.0", "type": "module", "exports": { ".": "./dist/index.js" } }',
      'node_modules/@flow/core/dist/index.js': 'export { shared, helper } from "./shared.js"',
      'node_modules/@flow/core/dist/shared.js':
        'export const shared = { id: Math.random() }\nexport const helper = new URL("../scripts/helper.sh", import.meta.url)',
      'node_modules/@flow/core/scripts/helper.sh': '#!/bin/sh\necho helper\n',
      'node_modules/@flow/core/dist/body/main.js':
        'import { shared } from "../shared.js"\nconst flow = await import(process.argv[2])\nconsole.log(JSON.stringify({ sameCore: flow.shared === shared, value: await flow.default() }))',
      'node_modules/@flow/core/dist/gang/agent-main.js':
        'import { shared } from "../shared.js"\nconsole.log(typeof shared.id)',
      'node_modules/@flow/core/dist/backends/host/host-main.js':
        'import { shared } from "../../shared.js"\nexport const runHost = () => shared.id',
    })
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, content] of Object.entries(files)) {
      const path = join(this.dir, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, content)
      // As if it had been there for a while: a file written in this moment is never trusted to be unchanged.
      const then = new Date(Date.now() - 60_000 + this.#writes++)
      utimesSync(path, then, then)
    }
  }

  #writes = 0

  options(file = 'flow.ts'): BuildPackageOptions {
    const core = join(this.dir, 'node_modules/@flow/core')
    return {
      flowFile: join(this.dir, file),
      home: this.home,
      core: {
        dir: core,
        body: join(core, 'dist/body/main.js'),
        agent: join(core, 'dist/gang/agent-main.js'),
        host: join(core, 'dist/backends/host/host-main.js'),
      },
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}

/** Runs a program of a package in a process of its own, as a run does. */
export function runBody(code: { bodyModule: string; flowModule: string }): { sameCore: boolean; value: unknown } {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [code.bodyModule, pathToFileURL(code.flowModule).href],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as { sameCore: boolean; value: unknown }
}
