import { createHash, generateKeyPair, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'

const RSA_BITS = 2048
const VALID_MS = 30 * 24 * 3_600_000

/** What a node shows at its end of a link. The fingerprint is what others are told of it. */
export interface Certificate {
  /** PEM. */
  readonly key: string
  /** PEM. */
  readonly cert: string
  /** sha256 of the certificate's DER, hex. */
  readonly fingerprint: string
}

/**
 * Makes a self-signed certificate of this node, for this attempt. Nobody checks its names or dates: it is pinned by
 * its fingerprint. Some tens of milliseconds, so it is made at the first link only.
 */
export async function makeCertificate(name: string): Promise<Certificate> {
  const [{ default: forge }, pair] = await Promise.all([
    import('node-forge'),
    promisify(generateKeyPair)('rsa', {
      modulusLength: RSA_BITS,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    }),
  ])
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.publicKeyFromPem(pair.publicKey)
  // A positive number, as RFC 5280 wants it, and DER no zero byte before it: the first byte is 0x40 to 0x7f.
  certificate.serialNumber = (0x40 + ((randomBytes(1)[0] ?? 0) % 0x40)).toString(16) + randomBytes(15).toString('hex')
  certificate.validity.notBefore = new Date(Date.now() - VALID_MS)
  certificate.validity.notAfter = new Date(Date.now() + VALID_MS)
  const subject = [{ name: 'commonName', value: name }]
  certificate.setSubject(subject)
  certificate.setIssuer(subject)
  certificate.sign(forge.pki.privateKeyFromPem(pair.privateKey), forge.md.sha256.create())
  const der = Buffer.from(forge.asn1.toDer(forge.pki.certificateToAsn1(certificate)).getBytes(), 'binary')
  return { key: pair.privateKey, cert: forge.pki.certificateToPem(certificate), fingerprint: fingerprintOf(der) }
}

/** sha256 of a certificate's DER, hex. */
export function fingerprintOf(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex')
}
