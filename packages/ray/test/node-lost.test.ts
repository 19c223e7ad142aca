import type { Verdict } from '@flow/core'
import { expect, test } from 'vitest'
import { nodeLost } from '../src/node-lost.js'

const verdict = (what: string, excerpt: string): Verdict => ({
  outcome: 'system-error',
  message: 'before',
  first: { node: 2, what, excerpt, at: 0 },
  victims: [],
  timeline: {},
})

test("the end of Ray on a node gets a code and the node's own words", () => {
  const named = nodeLost(verdict('service ray', 'the raylet of this node was killed by SIGKILL\nmore\n'))
  expect(named).toMatchObject({
    outcome: 'system-error',
    message: 'Ray ended on node 2: the raylet of this node was killed by SIGKILL',
    error: { code: 'FLOW_RAY_NODE_LOST', why: 'more', details: { node: 2 } },
  })
  expect(named?.error?.fix).toContain('memory')
})

test('other ends are none of its business', () => {
  expect(nodeLost(verdict('service sshd', 'it ended'))).toBeUndefined()
  expect(nodeLost({ ...verdict('agent', ''), first: undefined })).toBeUndefined()
})
