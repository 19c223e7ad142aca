import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

/** What the names of our cgroups begin with; the value of a fence follows. scripts/cgroup.sh has it too. */
const PREFIX = 'flow-'

/**
 * A cgroup around an attempt: what is started in it stays in it, whatever it does to its environment, group or session.
 * Without controllers, so no limit comes with it; cgroup v2 where there is one, else v1.
 */
export class Cgroup {
  constructor(readonly dir: string) {}

  /** Makes one below this process's own, or gives the one that is there; undefined where we may not. */
  static make(fence: string): Cgroup | undefined {
    const [parent] = cgroupParents()
    if (parent === undefined) return undefined
    const name = PREFIX + fence
    if (basename(parent) === name) return new Cgroup(parent)
    const dir = join(parent, name)
    try {
      mkdirSync(dir)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return undefined
    }
    return new Cgroup(dir)
  }

  /** Those of a fence, or of all whose values begin so; this process may be in one of them. */
  static of(fence: string, options: { readonly prefix: boolean; readonly parents: readonly string[] }): Cgroup[] {
    const name = PREFIX + fence
    // A look at one waits for nobody; a list of all does, where another is being made or removed.
    if (!options.prefix) {
      return options.parents
        .map(parent => (basename(parent) === name ? parent : join(parent, name)))
        .filter(dir => existsSync(dir))
        .map(dir => new Cgroup(dir))
    }
    const fits = (one: string): boolean => one.startsWith(name)
    return options.parents.flatMap(parent => [
      ...(fits(basename(parent)) ? [new Cgroup(parent)] : []),
      ...foldersIn(parent)
        .filter(fits)
        .map(one => new Cgroup(join(parent, one))),
    ])
  }

  /** Moves a process here, with what it starts from then on. The kernel may take some milliseconds. */
  async add(pid: number): Promise<void> {
    if (this.#has(pid)) return
    // It may have ended; where the kernel refuses, the marker is what is left.
    await writeFile(join(this.dir, 'cgroup.procs'), String(pid)).catch(() => undefined)
  }

  /** All processes in it and below it, but this one. */
  pids(): number[] {
    return this.#all().flatMap(dir =>
      read(join(dir, 'cgroup.procs'))
        .split('\n')
        .map(Number)
        // 0 stands for a process that our PID namespace does not see, and would be ourselves as a target.
        .filter(pid => pid > 0 && pid !== process.pid),
    )
  }

  /** SIGKILL to all at once, so that no fork escapes. Only v2 can, and not for the cgroup that we are in. */
  kill(): void {
    if (this.isOwn) return
    try {
      writeFileSync(join(this.dir, 'cgroup.kill'), '1', { flag: 'r+' })
    } catch {
      // v1, or gone: its processes are killed one by one.
    }
  }

  /** False while something runs in it: threads of a process that counts as gone may take a moment more. */
  remove(): boolean {
    try {
      for (const dir of this.#all().toReversed()) rmdirSync(dir)
      return true
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== 'EBUSY'
    }
  }

  /** True for the cgroup of this process, which others have to remove. */
  get isOwn(): boolean {
    return this.#has(process.pid)
  }

  #has(pid: number): boolean {
    return read(join(this.dir, 'cgroup.procs')).split('\n').includes(String(pid))
  }

  /** It and those below it, parents first. */
  #all(): string[] {
    const below = (dir: string): string[] => [dir, ...foldersIn(dir).flatMap(name => below(join(dir, name)))]
    return below(this.dir)
  }
}

/** Where hierarchies are mounted, by how /proc/self/cgroup names them; v2 is '' there. The best first. */
const MOUNTS = [
  ['', '/sys/fs/cgroup'],
  ['', '/sys/fs/cgroup/unified'],
  ['freezer', '/sys/fs/cgroup/freezer'],
  ['pids', '/sys/fs/cgroup/pids'],
] as const

/** Where this process may make cgroups: below its own, in each hierarchy that it may write; the best first. */
export function cgroupParents(): string[] {
  const own = read('/proc/self/cgroup')
    .split('\n')
    .map(line => line.split(':'))
  return MOUNTS.flatMap(([names, mount]) => {
    const path = own.find(fields => fields[1] === names)?.[2]
    if (path === undefined || path.startsWith('/..')) return []
    const dir = path === '/' ? mount : join(mount, path)
    return mayWrite(dir) && mayWrite(join(dir, 'cgroup.procs')) ? [dir] : []
  })
}

function foldersIn(dir: string): string[] {
  try {
    return readdirSync(dir, { withFileTypes: true }).flatMap(entry => (entry.isDirectory() ? [entry.name] : []))
  } catch {
    return []
  }
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
