import { expect, test } from 'vitest'
import { settleOptions, type SshOptions } from '../src/options.js'

test('what one leaves open another settles', () => {
  expect(settleOptions([{}])).toEqual({ server: 'auto', mesh: false, keyType: 'ed25519' })
  expect(settleOptions([{ server: 'builtin' }, {}, { mesh: true, server: 'builtin' }, { mesh: false }])).toEqual({
    server: 'builtin',
    mesh: true,
    keyType: 'ed25519',
  })
})

test('a contradiction is refused', () => {
  expect(() => settleOptions([{ keyType: 'rsa' }, { keyType: 'ed25519' }])).toThrow(
    expect.objectContaining({ code: 'FLOW_SSH_OPTIONS', message: expect.stringContaining("'rsa' and with 'ed25519'") }),
  )
})

test.each<[string, object]>([
  ['server', { server: 'dropbear' }],
  ['keyType', { keyType: 'dsa' }],
  ['mesh', { mesh: 'yes' }],
  ['port', { port: 22 }],
])('%s cannot be that', (name, options) => {
  expect(() => settleOptions([options as SshOptions])).toThrow(
    expect.objectContaining({ code: 'FLOW_SSH_OPTIONS', message: expect.stringContaining(name) }),
  )
})
