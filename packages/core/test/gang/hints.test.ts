import { expect, test } from 'vitest'
import { hintOf } from '../../src/gang/hints.js'
import type { EndRecord, Verdict } from '../../src/store/index.js'

function hint(end: Partial<EndRecord>, verdict: Partial<Verdict> = {}): string | undefined {
  const first = { node: 0, what: 'body', excerpt: '', at: 0, ...end }
  return hintOf({ outcome: 'user-error', first, ...verdict })
}

test.each<[Partial<EndRecord>, RegExp]>([
  [{ signal: 'SIGKILL' }, /not Flow's\. Out of memory\?/],
  [{ signal: 'SIGSEGV' }, /PYTHONFAULTHANDLER/],
  [{ exitCode: 127 }, /not found/],
  [{ exitCode: 126 }, /chmod \+x/],
  [
    { exitCode: 1, excerpt: "ModuleNotFoundError: No module named 'numpy.linalg'" },
    /@pypi\(\{ packages: \{ 'numpy': ''/,
  ],
  [{ exitCode: 1, excerpt: '/usr/bin/python3: No module named torch' }, /'torch'/],
  [{ exitCode: 1, excerpt: 'ConnectionRefusedError: [Errno 111] Connection refused' }, /nothing listens/],
  [{ exitCode: 1, excerpt: 'Error: connect ECONNREFUSED 127.0.0.1:1' }, /nothing listens/],
  [{ exitCode: 1, excerpt: 'OSError: [Errno 98] Address already in use' }, /current\.gang\.lease\(\)/],
  [{ exitCode: 1, excerpt: 'Error: listen EADDRINUSE: address already in use :::80' }, /current\.gang\.lease\(\)/],
])('%j: %s', (end, expected) => {
  expect(hint(end)).toMatch(expected)
  expect(hint(end)).not.toContain('\n')
})

test('last words tell more than the status', () => {
  expect(hint({ exitCode: 127, excerpt: "No module named 'a'" })).toContain('@pypi')
})

test('the words of an error count too', () => {
  const error = { name: 'FlowError', message: 'x', why: "The end of rank 1's stderr:\nNo module named 'mpi4py'" }
  expect(hint({ exitCode: 1 }, { error })).toContain("'mpi4py'")
})

test.each<[Partial<EndRecord>, Partial<Verdict>]>([
  [{ exitCode: 1, excerpt: 'ValueError: no' }, {}],
  [{ signal: 'SIGTERM' }, {}],
  [{ signal: 'SIGKILL' }, { error: { name: 'FlowError', message: 'x', fix: 'do this' } }],
  [{ signal: 'SIGKILL' }, { outcome: 'cancelled' }],
  [{ signal: 'SIGKILL' }, { outcome: 'timeout' }],
  [{}, { first: undefined }],
])('nothing is said of %j %j', (end, verdict) => {
  expect(hint(end, verdict)).toBeUndefined()
})
