import {
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto'

const SECRET_BYTES = 32
const KEY_BYTES = 32
const ED25519_BYTES = 32
/** DER of an Ed25519 public key up to the key itself (RFC 8410, 4). */
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex')
/** Separates this signature from any other that the same key might make. */
const PROOF_CONTEXT = 'flow gang channel: control speaks\0'

/** Which start of which node of which attempt: what a key is made for. */
export interface NodeIdentity {
  /** Names the attempt, e.g. 'Flow/12/step/3/0'. */
  readonly attempt: string
  readonly index: number
  /** Random, new at each start of the node. No colon. */
  readonly incarnation: string
}

/** The secret of one attempt: 32 random bytes. Only the orchestrator has it. */
export function newAttemptSecret(): Buffer {
  return randomBytes(SECRET_BYTES)
}

/** A random name for one start of a node. */
export function newIncarnation(): string {
  return randomBytes(8).toString('hex')
}

/** A node's identity as the channel writes it: `attempt:index:incarnation`. No secret. */
export function channelIdentity({ attempt, index, incarnation }: NodeIdentity): string {
  return `${attempt}:${index}:${incarnation}`
}

/** The inverse; undefined when the text is none. An attempt may hold colons, the other two parts cannot. */
export function parseChannelIdentity(text: string): NodeIdentity | undefined {
  const parts = /^(.+):(\d{1,9}):([^:]+)$/su.exec(text)
  if (parts === null) return undefined
  return { attempt: parts[1]!, index: Number(parts[2]), incarnation: parts[3]! }
}

/** The key of one node: HKDF-SHA256 (RFC 5869) of the attempt's secret over who it is for. */
export function deriveNodeKey(secret: Uint8Array, identity: NodeIdentity): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'flow gang node key', channelIdentity(identity), KEY_BYTES))
}

/** Control's table of the keys that may join, by identity. Zeroed when it is closed. */
export class KeyTable implements Disposable {
  readonly #keys = new Map<string, Buffer>()

  /** @param keys by {@link channelIdentity}; the bytes are copied. */
  constructor(keys: Readonly<Record<string, Uint8Array>> = {}) {
    for (const [identity, key] of Object.entries(keys)) this.#keys.set(identity, Buffer.from(key))
  }

  /** The keys of these nodes, made from the attempt's secret. */
  static derive(secret: Uint8Array, identities: readonly NodeIdentity[]): KeyTable {
    const table = new KeyTable()
    for (const identity of identities) table.add(identity, deriveNodeKey(secret, identity))
    return table
  }

  /** Takes the key over: it is zeroed with the table. */
  add(identity: NodeIdentity, key: Buffer): void {
    this.#keys.set(channelIdentity(identity), key)
  }

  get(identity: string): Buffer | undefined {
    return this.#keys.get(identity)
  }

  /** For the orchestrator link only: the keys by identity. */
  toRecord(): Record<string, Uint8Array> {
    return Object.fromEntries([...this.#keys].map(([identity, key]) => [identity, Uint8Array.from(key)]))
  }

  [Symbol.dispose](): void {
    for (const key of this.#keys.values()) key.fill(0)
    this.#keys.clear()
  }
}

/**
 * What makes control control. A node's key is symmetric: whoever steals it could answer that node in control's place.
 * So control also has a key pair, and its public half reaches the nodes by the orchestrator link.
 */
export class ControlIdentity {
  readonly #privateKey: KeyObject
  /** 32 bytes. */
  readonly publicKey: Buffer

  private constructor(privateKey: KeyObject, publicKey: Buffer) {
    this.#privateKey = privateKey
    this.publicKey = publicKey
  }

  static create(): ControlIdentity {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    return new ControlIdentity(privateKey, publicKey.export({ format: 'der', type: 'spki' }).subarray(-ED25519_BYTES))
  }

  /** Signs this connection: the signature is worth nothing on another. */
  prove(connection: Uint8Array): Buffer {
    return sign(null, Buffer.concat([Buffer.from(PROOF_CONTEXT), connection]), this.#privateKey)
  }
}

/** True when the holder of control's private key made `signature` for this connection. */
export function isProvenBy(publicKey: Uint8Array, connection: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== ED25519_BYTES) return false
  const key = createPublicKey({ key: Buffer.concat([ED25519_SPKI, publicKey]), format: 'der', type: 'spki' })
  return verify(null, Buffer.concat([Buffer.from(PROOF_CONTEXT), connection]), key, signature)
}

/** Compares two secrets without telling by its time how far they agree. */
export function isSameSecret(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
