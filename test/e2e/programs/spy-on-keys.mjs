// Loaded into `flow run` by NODE_OPTIONS: notes what it makes as secrets and keys, for a test that looks where they are.
import crypto from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const { hkdfSync } = crypto
const note = bytes =>
  appendFileSync(process.env.FLOW_TEST_SPY, `${Buffer.from(bytes).toString('hex')}\n`, { mode: 0o600 })

crypto.hkdfSync = (digest, secret, ...rest) => {
  // Keys are derived from the attempt's secret: both are noted.
  note(secret)
  const key = hkdfSync(digest, secret, ...rest)
  note(key)
  return key
}
syncBuiltinESMExports()
