import { globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { checkCore } from '../../packages/core/src/run/check-core.js'

const root = resolve(import.meta.dirname, '../..')

interface Manifest {
  readonly version: string
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
const { version } = manifestOf(join(root, 'packages/core'))

/** Every `core: '^0.1.0'` of an extension, with the range of its package. */
const ranges = globSync('packages/*/package.json', { cwd: root }).flatMap(path => {
  const folder = join(root, dirname(path))
  const peer = manifestOf(folder).peerDependencies?.['@flow/core']
  return globSync('src/**/*.ts', { cwd: folder }).flatMap(file =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/^ +core: '([^']+)',$/gm)].map(match => ({
      file: join(dirname(path), file),
      range: match[1] ?? '',
      peer,
    })),
  )
})

test.each(ranges)('the range of core in $file is that of its package, and this core is in it', ({ range, peer }) => {
  // Core's own decorators have no peer.
  expect(range).toBe(peer ?? range)
  const extension = { name: 'mine', core: range, setup: () => undefined }
  expect(() => checkCore([{ extension, options: {} }], version)).not.toThrow()
})
