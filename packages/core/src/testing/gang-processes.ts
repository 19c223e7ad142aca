import { commandOf, parentOf, variableOf } from './processes.js'
import type { FlowProject } from './project.js'

/** A process of a running gang. */
export interface GangProcess {
  readonly pid: number
  /** `flow run` itself has none. */
  readonly node: number | undefined
  readonly kind: 'orchestrator' | 'supervisor' | 'agent' | 'body' | 'rank' | 'other'
  readonly rank?: number | undefined
  readonly command: string
}

/** The processes of a run at this moment, each with what it is. `ranks`: process ids of ranks that are known, by rank. */
export function gangProcesses(
  project: FlowProject,
  orchestrator: number,
  ranks: ReadonlyMap<number, number> = new Map(),
): GangProcess[] {
  const pids = project.processes()
  const found = new Map<number, GangProcess>()
  // From the outside to the inside: what a process is says what its children are.
  for (const isLater of [false, true, true]) {
    for (const pid of pids) {
      const known = found.get(pid)
      if (known === undefined || isLater) found.set(pid, describe(pid))
    }
  }
  return [...found.values()]

  function describe(pid: number): GangProcess {
    const command = commandOf(pid)
    const node = nodeOf(pid)
    const rank = [...ranks].find(([, rankPid]) => rankPid === pid)?.[0]
    const parent = parentOf(pid)
    return { pid, node, command, ...(rank === undefined ? {} : { rank }), kind: kindOf(pid, parent, command, rank) }
  }

  function kindOf(pid: number, parent: number, command: string, rank: number | undefined): GangProcess['kind'] {
    if (pid === orchestrator) return 'orchestrator'
    if (parent === orchestrator && command.includes('supervisor.sh')) return 'supervisor'
    const isNode = command.startsWith(process.execPath)
    if (isNode && found.get(parent)?.kind === 'supervisor') return 'agent'
    if (isNode && found.get(parent)?.kind === 'agent') return 'body'
    return rank === undefined ? 'other' : 'rank'
  }
}

/** Which node a process belongs to, by the marks of its supervisor and of its fence. */
function nodeOf(pid: number): number | undefined {
  const mark = variableOf(pid, 'FLOW_NODE') ?? variableOf(pid, 'FLOW_FENCE')
  const index = /\.(\d+)$/.exec(mark ?? '')?.[1]
  return index === undefined ? undefined : Number(index)
}
