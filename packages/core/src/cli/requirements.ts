import { execFile } from 'node:child_process'
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FlowDescription, StepDescription } from '../flow/index.js'
import type { AnyExtension, Requirement } from '../gang/index.js'
import type { EnvironmentSpec } from '../python/index.js'

/** One requirement, and whether this machine meets it. */
export interface Finding {
  readonly name: string
  readonly found: boolean
  readonly optional: boolean
  /** The first line that the check printed, e.g. a version. */
  readonly saw: string
  /** Who asks for it: `@pypi`, or an extension's decorator. */
  readonly neededBy: string
  /** Set when it is not there yet and may come with these packages of `@pypi`, at the first run. */
  readonly comesWith?: readonly string[]
  /** Ways to install it, best first. */
  readonly install: readonly string[]
}

/** A requirement with who asks for it, and the environment of `@pypi` that it may be in. */
export interface Needed {
  readonly requirement: Requirement
  readonly neededBy: string
  readonly pypi?: EnvironmentSpec | undefined
}

type Variables = Readonly<Record<string, string | undefined>>

const CHECK_TIMEOUT_MS = 20_000

const python: Requirement = {
  name: 'python3',
  check: { command: ['python3', '--version'], match: 'Python 3' },
  install: ['apt-get install python3 python3-venv', 'or see https://www.python.org/downloads/'],
}

const uv: Requirement = {
  name: 'uv',
  check: { command: ['uv', '--version'] },
  install: ['pip install uv (environments are made faster; pip is used without it)'],
  optional: true,
}

const pip: Requirement = {
  name: 'pip and venv',
  check: { command: ['python3', '-c', 'import ensurepip, venv; print(ensurepip.version())'] },
  install: ['apt-get install python3-venv (not needed where uv is)'],
  optional: true,
}

const cgroupScript = fileURLToPath(new URL('../../scripts/cgroup.sh', import.meta.url))

/** What makes certain that nothing of an attempt outlives it (docs/faults.md); every flow runs without it too. */
export const cgroupFence: Needed = {
  requirement: {
    name: 'cgroup',
    check: { command: ['/bin/sh', '-c', '. "$0" && echo "$cgroup_parent"', cgroupScript], match: '^/' },
    install: [
      'systemd-run --user --scope flow run FLOW.ts',
      'without one, a program of a step that empties its environment may outlive it',
    ],
    optional: true,
  },
  neededBy: 'every step',
}

/** Everything that a flow needs of a machine, from its decorators and their extensions; each once. */
export function requirementsOf(description: FlowDescription): Needed[] {
  const needed = new Map<string, Needed>()
  const add = (one: Needed): void => {
    const key = JSON.stringify([one.requirement.name, one.requirement.check.command, one.pypi])
    if (!needed.has(key)) needed.set(key, one)
  }
  for (const step of description.steps.values()) {
    const pypi = pypiOf(step)
    if (pypi !== undefined) for (const requirement of [python, uv, pip]) add({ requirement, neededBy: '@pypi' })
    for (const { name, extension } of step.decorations) {
      for (const requirement of doctorOf(extension)) add({ requirement, neededBy: `@${name}`, pypi })
    }
  }
  return [...needed.values()]
}

/** Runs a requirement's check on this machine, with the programs of its `@pypi` environment. Installs nothing. */
export async function checkRequirement({ requirement, neededBy, pypi }: Needed, env: Variables): Promise<Finding> {
  const { name, check, install, optional = false } = requirement
  const bin = pypi === undefined ? undefined : await environmentBin(pypi, env)
  const output = await outputOf(
    check.command,
    bin === undefined ? env : { ...env, PATH: `${bin}${delimiter}${env['PATH'] ?? ''}` },
  )
  const found = output !== undefined && (check.match === undefined || new RegExp(check.match, 'm').test(output))
  const saw = (output ?? '').trim().split('\n', 1)[0] ?? ''
  const comesWith = found || pypi === undefined || bin !== undefined ? {} : { comesWith: Object.keys(pypi.packages) }
  return { name, found, optional, saw, neededBy, ...comesWith, install }
}

/** True for what has to be installed before the flow can run. */
export function isMissing(finding: Finding): boolean {
  return !finding.found && !finding.optional && finding.comesWith === undefined
}

// The options of `@pypi` are what an environment is made from.
function pypiOf(step: StepDescription): EnvironmentSpec | undefined {
  return step.decorations.find(({ name }) => name === 'pypi')?.options as EnvironmentSpec | undefined
}

// Where the environment's programs are; undefined when it was not made yet. With a signal that is already aborted it is
// looked for and not made.
async function environmentBin(spec: EnvironmentSpec, env: Variables): Promise<string | undefined> {
  const { ensureEnvironment } = await import('../python/index.js')
  try {
    return (await ensureEnvironment(spec, { env, signal: AbortSignal.abort() })).bin
  } catch {
    return undefined
  }
}

// What it printed on either stream, or undefined when it failed or is not there.
function outputOf([program = '', ...args]: readonly string[], env: Variables): Promise<string | undefined> {
  return new Promise(resolve => {
    execFile(program, args, { env, timeout: CHECK_TIMEOUT_MS, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      resolve(error === null ? `${stdout}${stderr}` : undefined)
    })
  })
}

// What an extension needs itself comes after what those that it uses need. Authoring knows extensions only as opaque
// values; theirs is the shape that gang/ gives them.
function doctorOf(extension: unknown): readonly Requirement[] {
  const spec = extension as Partial<Pick<AnyExtension['extension'], 'doctor' | 'uses'>> | undefined
  return [...(spec?.uses ?? []).flatMap(used => doctorOf(used.extension)), ...(spec?.doctor ?? [])]
}
