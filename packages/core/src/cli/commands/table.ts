import type { Command } from 'commander'
import type { Session } from '../session.js'

/** What a command's module exports: it declares its arguments, and an action that sets the session's exit code. */
export interface CommandModule {
  configure(command: Command, session: Session): void
}

interface CommandEntry {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<CommandModule>
}

/** All commands, in the order of `flow --help`. Only the module of the one that was asked for is loaded. */
export const commands: readonly CommandEntry[] = [
  { name: 'run', summary: 'run a flow', load: () => import('./run.js') },
  { name: 'check', summary: 'check a flow without running it', load: () => import('./check.js') },
  { name: 'show', summary: 'show the graph of a flow', load: () => import('./show.js') },
  { name: 'logs', summary: 'print the logs of a run, step or task', load: () => import('./logs.js') },
  { name: 'dump', summary: 'print the artifacts of a task', load: () => import('./dump.js') },
  { name: 'list', summary: 'list flows, runs and tasks', load: () => import('./list.js') },
  { name: 'package', summary: 'look into the code package of a flow', load: () => import('./package.js') },
  { name: 'kill', summary: 'stop a run', load: () => import('./kill.js') },
  { name: 'doctor', summary: 'see whether this machine has what a flow needs', load: () => import('./doctor.js') },
  { name: 'init', summary: 'write a first flow into an empty folder', load: () => import('./init.js') },
]
