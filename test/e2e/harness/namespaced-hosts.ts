import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../../..')
/** Where hosts find Node.js: the repository, which holds it, is not there. */
export const NODE = '/mnt/node'

interface Machine {
  /** Holds its namespaces. */
  readonly child: ChildProcess
  readonly address: string
  /** Its process 1, as this machine counts. */
  readonly pid: number
}

/**
 * Machines made of namespaces: each with a network card, a host name, processes and temporary directories of its own,
 * on one switch. They see /usr and /etc of this machine, but neither the repository, nor the user's home, nor any
 * project. Needs root. They are gone with the processes that hold them, which end when this process does.
 */
export class NamespacedHosts implements AsyncDisposable {
  readonly #switch: ChildProcess
  readonly #machines: readonly Machine[]

  private constructor(switchHolder: ChildProcess, machines: readonly Machine[]) {
    this.#switch = switchHolder
    this.#machines = machines
  }

  /**
   * @param shared A directory of this machine that the hosts see too, at the same place, and cannot change.
   * @param nameOf The name of a host, by its index.
   */
  static async create(
    count: number,
    shared?: string,
    nameOf: (index: number) => string = index => `host${index}`,
  ): Promise<NamespacedHosts> {
    const holder = await hold(['unshare', '--net', 'sh', '-c', 'echo ready; exec cat'])
    inside(holder.pid ?? 0, 'ip link add switch type bridge && ip link set switch up')
    const machines: Machine[] = []
    for (let index = 0; index < count; index++) {
      const own = ['--net', '--mount', '--uts', '--ipc', '--pid', '--fork', '--kill-child', '--propagation', 'private']
      const child = await hold(['unshare', ...own, 'sh', '-ec', mounts(nameOf(index), shared)])
      const pid = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim())
      const address = `10.77.0.${index + 1}`
      inside(
        holder.pid ?? 0,
        `ip link add port${index} type veth peer name eth0 netns ${pid} && ip link set port${index} master switch up`,
      )
      inside(pid, `ip link set lo up && ip addr add ${address}/24 dev eth0 && ip link set eth0 up`)
      machines.push({ child, address, pid })
    }
    return new NamespacedHosts(holder, machines)
  }

  get machines(): readonly Machine[] {
    return this.#machines
  }

  /** What `--with` takes. */
  get option(): string {
    const hosts = this.#machines.map(({ address, pid }) => `${address}/${pid}`).join('+')
    return `./hosts-backend.ts:hosts=${hosts},node=${NODE}`
  }

  /** Pulls or puts back a host's cable. */
  cable(index: number, isIn: boolean): void {
    inside(this.#switch.pid ?? 0, `ip link set port${index} ${isIn ? 'up' : 'down'}`)
  }

  /** What a shell on a host prints. */
  run(index: number, command: string): string {
    const args = [...this.#inside(index), 'sh', '-c', command]
    return execFileSync('nsenter', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  }

  /** The command that runs a program of Node.js on a host. */
  nodeOn(index: number, program: string, ...args: readonly string[]): [string, ...string[]] {
    return ['nsenter', ...this.#inside(index), NODE, '--input-type=module', '-e', program, ...args]
  }

  #inside(index: number): readonly string[] {
    const pid = this.#machines[index]?.pid ?? 0
    return ['--target', String(pid), '--mount', '--uts', '--ipc', '--net', '--pid', '--wdns=/', '--']
  }

  /** What a run left on a host: processes beside the one that holds it, and files of attempts. */
  left(index: number): string {
    return this.run(
      index,
      "for dir in /proc/[0-9]*; do [ $dir = /proc/1 ] || [ $dir = /proc/$$ ] || tr '\\0' ' ' <$dir/cmdline; done 2>/dev/null; ls -d /tmp/* /dev/shm/* 2>/dev/null || true",
    ).trim()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [...this.#machines.map(machine => machine.child), this.#switch]) {
      child.stdin?.end()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
  }
}

/** Starts what holds namespaces as long as its stdin is open. */
async function hold([program = '', ...args]: readonly string[]): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = once(child, 'exit').then(() => {
    throw new Error(`namespaces cannot be made (root is needed): ${said}`)
  })
  ended.catch(() => undefined)
  await Promise.race([once(child.stdout, 'data'), ended])
  return child
}

function inside(pid: number, command: string): void {
  execFileSync('nsenter', ['--target', String(pid), '--net', 'sh', '-ec', command])
}

/** Hides what a machine of its own would not have. The interpreter may lie below the home: it stays. */
function mounts(name: string, shared: string | undefined): string {
  const python = execFileSync('python3', ['-c', 'import sys; print(sys.base_prefix)'], { encoding: 'utf8' }).trim()
  const hidden = [...new Set(['/tmp', '/var/tmp', '/dev/shm', tmpdir(), homedir(), root])]
  const isHidden = hidden.some(dir => python.startsWith(`${dir}/`))
  return `
    mount -t proc proc /proc
    echo ${name} >/proc/sys/kernel/hostname
    mount -t tmpfs tmpfs /mnt
    touch ${NODE} && mkdir /mnt/python
    mount --bind '${process.execPath}' ${NODE}
    mount --bind '${python}' /mnt/python
    ${shared === undefined ? '' : `mkdir /mnt/shared && mount --bind '${shared}' /mnt/shared && mount -o remount,bind,ro /mnt/shared`}
    cd /
    for dir in ${hidden.map(dir => `'${dir}'`).join(' ')}; do [ ! -d "$dir" ] || mount -t tmpfs tmpfs "$dir"; done
    ${shared === undefined ? '' : `mkdir -p '${shared}' && mount --bind /mnt/shared '${shared}'`}
    ${isHidden ? `mkdir -p '${python}' && mount --bind /mnt/python '${python}'` : ''}
    echo ready
    exec cat`
}
