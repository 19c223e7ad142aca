import ssh2 from 'ssh2'

/** A key as OpenSSH writes it. */
export interface KeyPair {
  /** OpenSSH's own format, unencrypted. */
  readonly privateKey: string
  /** `ssh-ed25519 AAAA…`, without a comment. */
  readonly publicKey: string
}

const RSA_BITS = 3072
/** Of an ed25519 public key: its name and 32 bytes, each after a length of 4 bytes (RFC 8709, section 4). */
const ED25519_BYTES = 4 + 'ssh-ed25519'.length + 4 + 32

/** Makes a key pair: 1.5 ms for ed25519, some tens for RSA. */
export async function makeKeyPair(type: 'ed25519' | 'rsa'): Promise<KeyPair> {
  for (;;) {
    const pair = await generate(type)
    // ssh2 1.17 drops zeros at the beginning of a key: one in 256 is too short for OpenSSH.
    if (type === 'rsa' || blobOf(pair.publicKey).length === ED25519_BYTES) return pair
  }
}

/** The key itself of a line of `authorized_keys`, as it goes over the wire. */
export function blobOf(publicKey: string): Buffer {
  return Buffer.from(publicKey.split(' ')[1] ?? '', 'base64')
}

function generate(type: 'ed25519' | 'rsa'): Promise<KeyPair> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, pair: { readonly private: string; readonly public: string }): void => {
      if (error === null) resolve({ privateKey: pair.private, publicKey: pair.public.trim() })
      else reject(error)
    }
    if (type === 'rsa') ssh2.utils.generateKeyPair('rsa', { bits: RSA_BITS }, done)
    else ssh2.utils.generateKeyPair('ed25519', done)
  })
}
