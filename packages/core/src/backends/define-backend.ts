import { FlowError } from '../errors/index.js'
import type { Backend } from './backend.js'
import type { BackendDefinition } from './definition.js'

// One brand for all copies of core in a process.
const brand = Symbol.for('@flow/core.backend')

/** A backend as its package exports it, made by {@link defineBackend}. */
export interface BackendPackage {
  /** The word for it in the plan and in messages. */
  readonly name: string
  /** @internal Checks options and gives what core works with. `FLOW_BACKEND_OPTIONS` */
  open(options: Readonly<Record<string, string>>): Promise<Backend>
}

/**
 * Makes a backend: what gives a gang its nodes. A package or file that exports one as its default is used by
 * `flow run flow.ts --with SPECIFIER:key=value,…`. `flow run` brings everything else to the nodes by the streams that
 * the backend gives: the code, Python environments, artifacts, logs. A host needs a POSIX shell and Node.js.
 *
 * @param definition its name, its options and how it starts nodes
 * @throws FLOW_BACKEND_OPTIONS when `--with` gives options that its schema refuses
 *
 * @example
 * import { spawn } from 'node:child_process'
 * import { once } from 'node:events'
 * import { defineBackend, type StartedNode } from '@flow/core'
 *
 * // Two machines that `ssh` reaches without a password: --with ./two.js
 * const machines = ['10.0.0.1', '10.0.0.2']
 *
 * export default defineBackend({
 *   name: 'two',
 *   async start(request) {
 *     const nodes = machines.slice(0, request.size).map((address): StartedNode => {
 *       const words = request.command().map(word => `'${word.replaceAll("'", `'\\''`)}'`)
 *       const child = spawn('ssh', ['-T', address, words.join(' ')], { stdio: 'pipe' })
 *       const exited = once(child, 'close').then(([exitCode, signal]) => ({ exitCode, signal }))
 *       const { stdin: input, stdout: output, stderr } = child
 *       return { address, host: address, input, output, stderr, exited, kill: () => void child.kill('SIGKILL') }
 *     })
 *     return { nodes, [Symbol.asyncDispose]: async () => undefined }
 *   },
 * })
 */
export function defineBackend<Options = unknown>(definition: BackendDefinition<Options>): BackendPackage {
  const opened: BackendPackage = {
    name: definition.name,
    async open(options) {
      const given = await readOptions(definition, options)
      // Only `flow run` opens one.
      const { remoteBackend } = await import('./remote/index.js')
      return remoteBackend(definition, given)
    },
  }
  return Object.defineProperty(opened, brand, { value: true })
}

/** True for a backend made by any copy of core. */
export function isBackendPackage(value: unknown): value is BackendPackage {
  return typeof value === 'object' && value !== null && brand in value
}

async function readOptions<Options>(
  { name, options: schema }: BackendDefinition<Options>,
  given: Readonly<Record<string, string>>,
): Promise<Options> {
  if (schema === undefined) {
    const [unknown] = Object.keys(given)
    if (unknown === undefined) return given as Options
    throw badOptions(name, `it has no option '${unknown}'`, `Write --with ${name} alone.`)
  }
  const result = await schema['~standard'].validate(given)
  if (result.issues === undefined) return result.value
  const issues = result.issues.map(({ message, path }) => {
    const key = path?.map(part => String(typeof part === 'object' ? part.key : part)).join('.')
    return key === undefined || key === '' ? message : `${key}: ${message}`
  })
  throw badOptions(name, issues.join('; '), `Write --with ${name}:key=value,key=value.`)
}

function badOptions(name: string, what: string, fix: string): FlowError {
  return new FlowError('FLOW_BACKEND_OPTIONS', { message: `Options of backend ${name}: ${what}`, fix })
}
