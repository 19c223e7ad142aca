import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { commandOf, isAlive, processIds, readProc, sessionOf, socketsOf } from './processes.js'
import type { FlowProject } from './project.js'

/** What a run had at one moment, by which its remains can be told from what others have on this machine. */
export class Holdings {
  readonly #project: FlowProject
  readonly #sessions = new Set<number>()
  readonly #cgroups = new Set<string>()
  readonly #sockets = new Set<string>()
  readonly #attemptDirs = new Set<string>()

  constructor(project: FlowProject) {
    this.#project = project
  }

  /** Adds what the run has now. */
  note(orchestrator: number): void {
    const members = this.#project.processes()
    // What others are in as well, this process among them, is not the run's.
    const others = processIds().filter(pid => !members.includes(pid))
    const [sessions, cgroups] = [new Set(others.map(sessionOf)), new Set(others.flatMap(cgroupsOf))]
    for (const pid of members) {
      if (!sessions.has(sessionOf(pid))) this.#sessions.add(sessionOf(pid))
      for (const cgroup of cgroupsOf(pid)) if (!cgroups.has(cgroup)) this.#cgroups.add(cgroup)
      for (const socket of socketsOf(pid)) this.#sockets.add(socket)
    }
    for (const parent of new Set(['/tmp', tmpdir()])) {
      for (const name of readdirSync(parent)) {
        if (name.startsWith('flow-') && ownerOf(join(parent, name)) === orchestrator)
          this.#attemptDirs.add(join(parent, name))
      }
    }
  }

  /** What is left now, in words; empty when nothing is. */
  left(): string[] {
    const { dir, home } = this.#project
    const half = join(home, 'blobs/.tmp')
    const listening = listeningSockets()
    return [
      ...[...this.#processes()].map(pid => `process ${pid}: ${commandOf(pid)}`),
      ...[...this.#cgroups].filter(path => cgroupExists(path)).map(path => `cgroup ${path}`),
      ...[...this.#sockets].flatMap(socket => listening.get(socket) ?? []),
      ...[...this.#attemptDirs].filter(path => existsSync(path)).map(path => `directory ${path}`),
      ...(existsSync(half) ? readdirSync(half).map(name => `half-written blob ${name}`) : []),
      ...keysIn(dir).map(path => `private key ${path}`),
    ]
  }

  /** Waits until nothing is left, at most `ms`; gives what is left then. No event tells the end of another's child. */
  async leftAfter(ms: number): Promise<string[]> {
    const end = performance.now() + ms
    for (;;) {
      const left = this.left()
      if (left.length === 0 || performance.now() >= end) return left
      await delay(20)
    }
  }

  /** By mark or command line, by session, by cgroup. */
  #processes(): Set<number> {
    const found = new Set(this.#project.processes())
    for (const pid of processIds()) {
      if (pid === process.pid || found.has(pid) || !isAlive(pid)) continue
      if (this.#sessions.has(sessionOf(pid)) || cgroupsOf(pid).some(path => this.#cgroups.has(path))) found.add(pid)
    }
    return found
  }
}

/** `controllers:path`, as /proc/PID/cgroup has them (cgroups(7)), but for roots; `:path` under version 2. */
function cgroupsOf(pid: number): string[] {
  return readProc(pid, 'cgroup')
    .split('\n')
    .filter(line => !/^$|:\/$/.test(line))
    .map(line => line.slice(line.indexOf(':') + 1))
}

function cgroupExists(cgroup: string): boolean {
  const [controllers = '', path = ''] = cgroup.split(/:(.*)/)
  const folder = controllers.replace('name=', '')
  return existsSync(join('/sys/fs/cgroup', folder, path))
}

/** Sockets that somebody listens on, by id, each with a text that says which it is. */
function listeningSockets(): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const table of ['tcp', 'tcp6']) {
    for (const line of linesOf(`/proc/net/${table}`)) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
      if (state === '0A') found.set(inode, `listening port ${Number.parseInt(local.split(':')[1] ?? '', 16)}`)
    }
  }
  for (const line of linesOf('/proc/net/unix')) {
    const [, , , flags, , , inode = '', path = ''] = line.trim().split(/\s+/)
    // __SO_ACCEPTCON
    if (flags === '00010000') found.set(inode, `listening socket ${path}`)
  }
  return found
}

function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(1) : []
}

/** Which process made an attempt's directory. */
function ownerOf(dir: string): number | undefined {
  try {
    return (JSON.parse(readFileSync(join(dir, 'owner'), 'utf8')) as { pid?: number }).pid
  } catch {
    // Another user's, or none of Flow's.
    return undefined
  }
}

/** Files of a project, its state directory among them, that hold a private key. Packages are links: not followed. */
function keysIn(folder: string): string[] {
  return unlessGone([], () => readdirSync(folder, { withFileTypes: true })).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : keysIn(path)
    return entry.isFile() && unlessGone(false, () => holdsKey(path)) ? [path] : []
  })
}

function holdsKey(path: string): boolean {
  if (statSync(path).size > 1_000_000) return false
  return /-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[\w+/=]{40}/.test(readFileSync(path, 'latin1'))
}

// What is ending still writes there, and renames what it wrote.
function unlessGone<T>(otherwise: T, look: () => T): T {
  try {
    return look()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise
    throw error
  }
}
