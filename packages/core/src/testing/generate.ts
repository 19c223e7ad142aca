import { cpSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ExtensionUnderTest, ProgramUnderTest } from './extension.js'
import { FlowProject } from './project.js'

const rankPrograms = fileURLToPath(new URL('../../scripts/testing/', import.meta.url))

/** What `@gangTimeouts` of a gang says, in milliseconds. */
export interface Waits {
  readonly heartbeat: number
  readonly lease: number
  readonly barrier: number
  readonly grace: number
}

/** The waits of the gangs that the kit makes: short, so that a lost node is soon noticed. */
export const WAITS: Waits = { heartbeat: 500, lease: 3_000, barrier: 15_000, grace: 2_000 }

/** A project whose flow runs the program under the extension; `body` are the statements of its step. */
export function makeProject(
  extension: ExtensionUnderTest,
  program: ProgramUnderTest,
  body: string,
  waits: Waits,
): FlowProject {
  const project = new FlowProject({ from: extension.from })
  cpSync(rankPrograms, project.dir, { recursive: true })
  for (const [path, text] of Object.entries(program.files ?? {})) project.write(path, text)
  project.write(
    'flow.ts',
    `import { current, Flow, gangTimeouts, type Inputs, parallel, parameter, pypi, resources, step } from '@flow/core'
import { runRank } from './conformance-rank.js'
${extension.imports}

export default class Conformance extends Flow {
  readonly how = parameter({ default: 'ok' })
  readonly dir = parameter({ default: '' })

  @step start() {
    this.next(this.work, { numParallel: ${nodesOf(program)} })
  }

  @gangTimeouts(${JSON.stringify(waits)})
  ${extension.decorators}
  @step async work() {
    ${body}
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.next(this.end)
  }

  @step end() {}
}
`,
  )
  return project
}

export function nodesOf(program: ProgramUnderTest): number {
  return program.nodes ?? 2
}
