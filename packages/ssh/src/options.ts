import { FlowError } from '@flow/core'

const SERVERS = ['auto', 'openssh', 'builtin'] as const
const KEY_TYPES = ['ed25519', 'rsa'] as const

/** Options of `@ssh()`, and what another extension may ask of the mesh. */
export interface SshOptions {
  /**
   * Which server runs on the nodes: OpenSSH's `sshd`, the one that comes with this package, or ('auto', the default)
   * OpenSSH's where it lets the current user in, else the other.
   */
  readonly server?: (typeof SERVERS)[number] | undefined
  /** Every node may log in on every other. Default false: control may, on all nodes. */
  readonly mesh?: boolean | undefined
  /** Kind of all keys. Default 'ed25519'; 'rsa' has 3072 bits. */
  readonly keyType?: (typeof KEY_TYPES)[number] | undefined
}

/** What the mesh is made by: each option settled. */
export interface MeshOptions {
  readonly server: (typeof SERVERS)[number]
  readonly mesh: boolean
  readonly keyType: (typeof KEY_TYPES)[number]
}

/**
 * One mesh for all that ask for one: what one of them leaves open, another may settle.
 *
 * @throws `FLOW_SSH_OPTIONS`
 */
export function settleOptions(wishes: readonly SshOptions[]): MeshOptions {
  for (const wish of wishes) checkOptions(wish)
  return {
    server: settled('server', wishes) ?? 'auto',
    mesh: wishes.some(({ mesh }) => mesh === true),
    keyType: settled('keyType', wishes) ?? 'ed25519',
  }
}

function settled<K extends 'server' | 'keyType'>(name: K, wishes: readonly SshOptions[]): SshOptions[K] {
  const values = [...new Set(wishes.flatMap(wish => wish[name] ?? []))]
  if (values.length > 1) {
    throw new FlowError('FLOW_SSH_OPTIONS', {
      message: `The step asks for SSH with ${name} '${values.join(`' and with '`)}'`,
      fix: 'A gang has one mesh: leave the option out in all places but one.',
    })
  }
  return values[0]
}

function checkOptions(options: SshOptions): void {
  const { server = 'auto', mesh = false, keyType = 'ed25519', ...unknown } = options
  const [name] = Object.keys(unknown)
  if (name !== undefined) throw bad(`there is no option '${name}'`, 'Options are server, mesh and keyType.')
  if (!SERVERS.includes(server)) throw bad(`server is ${show(server)}`, `Use '${SERVERS.join("', '")}'.`)
  if (!KEY_TYPES.includes(keyType)) throw bad(`keyType is ${show(keyType)}`, `Use '${KEY_TYPES.join("' or '")}'.`)
  if (typeof mesh !== 'boolean') throw bad(`mesh is ${show(mesh)}`, 'Use true or false.')
}

function bad(what: string, fix: string): FlowError {
  return new FlowError('FLOW_SSH_OPTIONS', { message: `@ssh(): ${what}`, fix })
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value)
}
