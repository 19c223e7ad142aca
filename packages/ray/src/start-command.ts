import { statfs } from 'node:fs/promises'
import { type GangPlan, hostPort, type RosterEntry } from '@flow/core'
import { LEAST_OBJECT_STORE_MB } from './options.js'

/** Ports of the head that others connect to, or that Ray has fixed numbers for. */
export interface HeadPorts {
  /** The cluster's own address: its global control store. */
  readonly gcs: number
  readonly dashboard: number
  readonly client: number
  readonly autoscalerMetrics: number
  readonly dashboardMetrics: number
}

/** What `ray start` on one node is made of. */
export interface StartInput {
  readonly me: RosterEntry
  readonly resources: GangPlan['resources']
  /** Directory of Ray's sessions: private and short, as Unix sockets lie in it. */
  readonly tempDir: string
  readonly head: RosterEntry
  readonly ports: HeadPorts
  readonly objectStore: ObjectStore
  readonly extra: readonly string[]
}

/** Where Ray keeps objects, and how much of them; what is undefined Ray decides. */
export interface ObjectStore {
  readonly bytes?: number | undefined
  readonly directory?: string | undefined
}

const MIB = 1024 ** 2
const LEAST_OBJECT_STORE = LEAST_OBJECT_STORE_MB * MIB
/** Ray's own share of the memory that is free. */
const SHARE = 0.3

/** The words after `ray` for one node. The port of the Ray client is left to who knows whether Ray has it. */
export function startWords(input: StartInput): string[] {
  const { me, head, ports, resources, objectStore, tempDir, extra } = input
  const role =
    me.index === head.index
      ? ['--head', `--port=${ports.gcs}`, `--dashboard-host=${head.address}`, `--dashboard-port=${ports.dashboard}`]
      : [`--address=${hostPort(head.address, ports.gcs)}`]
  return [
    'start',
    ...role,
    `--node-ip-address=${me.address}`,
    // 0 lets the system choose at the moment of binding, which no other program can get ahead of.
    '--node-manager-port=0',
    '--object-manager-port=0',
    '--min-worker-port=0',
    '--max-worker-port=0',
    '--dashboard-agent-listen-port=0',
    `--num-cpus=${resources.cpu ?? 1}`,
    `--num-gpus=${resources.gpu ?? 0}`,
    ...(resources.memory === undefined ? [] : [`--memory=${Math.ceil(resources.memory * MIB)}`]),
    ...(objectStore.bytes === undefined ? [] : [`--object-store-memory=${objectStore.bytes}`]),
    ...(objectStore.directory === undefined ? [] : [`--plasma-directory=${objectStore.directory}`]),
    `--temp-dir=${tempDir}`,
    '--disable-usage-stats',
    '--log-color=false',
    ...extra,
    '--block',
  ]
}

/**
 * Ray gives each node's object store a share of the machine's memory, as if it were alone there. Nodes that share a
 * machine get their part of that share; where /dev/shm is too small for it (containers), files of the node's own
 * directory take its place instead of Ray's /tmp.
 *
 * @param wanted In MB, where the user says it.
 */
export async function objectStoreOf(
  wanted: number | undefined,
  roster: readonly RosterEntry[],
  me: RosterEntry,
  dir: string,
): Promise<ObjectStore> {
  const sharing = roster.filter(entry => isHere(entry, me)).length
  const shared = await freeBytes('/dev/shm')
  const bytes =
    wanted === undefined
      ? sharing === 1
        ? undefined
        : Math.floor((SHARE * Math.min(process.availableMemory(), shared || Infinity)) / sharing)
      : Math.ceil(wanted * MIB)
  const needed = Math.max(bytes ?? 0, LEAST_OBJECT_STORE)
  if (shared < needed * sharing) {
    return { bytes: Math.max(bytes ?? 0, LEAST_OBJECT_STORE), directory: dir }
  }
  return { bytes: bytes === undefined ? undefined : needed }
}

function isHere(entry: RosterEntry, me: RosterEntry): boolean {
  return entry.address === me.address || (entry.address.startsWith('127.') && me.address.startsWith('127.'))
}

async function freeBytes(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path)
    return bavail * bsize
  } catch {
    // No such place (macOS): Ray uses none either.
    return 0
  }
}
