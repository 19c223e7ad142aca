import type { RosterEntry } from '@flow/core'
import type { Network } from '../network.js'

/** Which MPI it is that {@link detectMpi} found. */
export type FlavourName = 'openmpi4' | 'openmpi5' | 'mpich' | 'intel'

/** The MPI that {@link detectMpi} found on a step's PATH. */
export interface Installation {
  readonly flavour: FlavourName
  /** Directory of its programs, as PATH names it. */
  readonly bin: string
  /** Resolved path of its mpirun. */
  readonly mpirun: string
}

/** All that a flavour's command line depends on. */
export interface LaunchInput {
  readonly installation: Installation
  readonly launcher: 'mpirun' | 'mpiexec'
  readonly roster: readonly RosterEntry[]
  readonly network: Network
  /** Control's private directory. */
  readonly nodeDir: string
  /** The launcher's environment as far as the user and the node settle it. */
  readonly env: Readonly<Record<string, string>>
}

/** What a launch offers to its command (`LaunchTools` of core). */
export interface Tools {
  readonly launchAgent: string
  readonly dir: string
  readonly host: (name: string) => string
}

/** How one MPI is started on a gang. */
export interface Flavour {
  readonly title: string
  /** One line of its hostfile. */
  hostLine(entry: Pick<RosterEntry, 'name' | 'slots'>): string
  /** Words that name a hostfile. */
  hostfile(path: string): readonly string[]
  /** Environment of the launcher. */
  env(input: LaunchInput): Readonly<Record<string, string>>
  /** Added to each daemon's environment; `{dir}` is that node's private directory. */
  nodeEnv(input: LaunchInput): Readonly<Record<string, string>>
  /** Words between the launcher's name and the user's own. May write files into `tools.dir`. */
  prepare(input: LaunchInput, tools: Tools): Promise<PreparedLaunch> | PreparedLaunch
}

export interface PreparedLaunch {
  readonly args: readonly string[]
  /** Goes before each rank's wrapper. */
  readonly beforeRank?: readonly string[] | undefined
}
