import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { blobOf, makeKeyPair } from '../src/keys.js'

/** The public key that OpenSSH reads out of a private one. */
function publicOf(privateKey: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'keys-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const path = join(dir, 'key')
  writeFileSync(path, privateKey, { mode: 0o600 })
  return execFileSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' }).trim()
}

test.each(['ed25519', 'rsa'] as const)('OpenSSH reads a pair of type %s', async type => {
  const { privateKey, publicKey } = await makeKeyPair(type)
  expect(publicOf(privateKey)).toBe(publicKey)
})

test('no ed25519 key is too short, though one in 256 begins with a zero', async () => {
  for (let count = 0; count < 1_000; count++) expect(blobOf((await makeKeyPair('ed25519')).publicKey)).toHaveLength(51)
})
