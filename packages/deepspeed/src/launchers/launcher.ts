import type { ControlContext, ProgramOptions, ProgramResult } from '@flow/core'
import type { DeepSpeedArguments } from '../deepspeed-arguments.js'
import type { Host } from '../hosts.js'

/** All that a launcher's command depends on. */
export interface LaunchInput {
  readonly ctx: ControlContext
  readonly hosts: readonly Host[]
  readonly given: DeepSpeedArguments
  /** The name by which each node finds its Python. */
  readonly python: string
  /** The words of each rank's program. */
  readonly program: readonly string[]
  readonly master: { readonly address: string; readonly port: number }
  /** The `ssh` of the gang's mesh, where the step has one. */
  readonly ssh: string | undefined
  /** `env` has what ranks get on top of their node's own. */
  readonly options: ProgramOptions
}

/** One way to start the ranks, to their end. */
export type Launcher = (input: LaunchInput) => Promise<ProgramResult>
