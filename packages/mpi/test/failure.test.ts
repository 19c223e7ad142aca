import type { ProgramResult } from '@flow/core'
import { expect, test } from 'vitest'
import { failureOf } from '../src/failure.js'

const roster = [0, 1].map(index => ({
  index,
  name: `node${index}`,
  address: `127.0.0.${index + 1}`,
  slots: 2,
  facts: {},
}))
const ok: ProgramResult = {
  command: ['mpirun'],
  exitCode: 0,
  signal: null,
  durationMs: 1,
  timedOut: false,
  isCanceled: false,
  ranks: [],
  stdout: '',
  stderr: '',
  output: undefined,
}
const rank = (number: number, exitCode: number | null, order: number, stderr = '') => ({
  rank: number,
  node: Math.floor(number / 2),
  exitCode,
  signal: exitCode === null ? 'SIGTERM' : null,
  order,
  stderr,
})
const of = (result: Partial<ProgramResult>) => failureOf({ ...ok, ...result }, roster, 'Open MPI 4')

test('all ranks with 0 are no failure', () => {
  expect(of({ ranks: [rank(0, 0, 1), rank(1, 0, 0)] })).toBeUndefined()
})

test('the rank that failed first is named, not the first by number', () => {
  const error = of({ exitCode: 143, ranks: [rank(0, null, 2), rank(2, 3, 0, 'why\n'), rank(3, null, 1)] })
  expect(error).toMatchObject({
    code: 'FLOW_MPI_RANK_FAILED',
    message: 'Rank 2 on node1 exited with code 3',
    why: "The end of rank 2's stderr:\nwhy",
    details: { firstFailedRank: { rank: 2, node: 1, name: 'node1', exitCode: 3, signal: null }, exitCode: 143 },
  })
})

test('a rank whose sys.exit aborted the others exited: it did not call MPI_Abort', () => {
  const stderr =
    'sys.exit(3) ends all ranks\nAbort(3) on node 1 (rank 1 in comm 0): application called MPI_Abort(x, 3)\n'
  expect(of({ exitCode: 3, ranks: [rank(0, null, 0), rank(1, 3, 1, stderr)] })).toMatchObject({
    code: 'FLOW_MPI_RANK_FAILED',
    message: 'Rank 1 on node0 exited with code 3',
  })
})

test('a rank that failed counts even when the launcher ended with 0', () => {
  expect(of({ ranks: [rank(0, 0, 0), rank(1, 7, 1)] })).toMatchObject({ code: 'FLOW_MPI_RANK_FAILED' })
})

test('a rank that lost its connection to one that was killed is a victim: Open MPI 5 says so in its launcher', () => {
  const stderr = `[host1:00000] *** An error occurred in Socket closed
[host1:00000] *** reported by process [4280156161,3]
[host1:00000] *** on a NULL communicator
`
  const killed = { ...rank(1, null, 1), signal: 'SIGKILL' }
  expect(of({ exitCode: 14, stderr, ranks: [killed, rank(3, 14, 0)] })).toMatchObject({
    code: 'FLOW_MPI_RANK_KILLED',
    message: 'Rank 1 on node0 was killed by SIGKILL (by hand, or for memory)',
  })
  expect(of({ exitCode: 14, stderr, ranks: [rank(3, 14, 0)] })).toMatchObject({
    code: 'FLOW_MPI_RANK_FAILED',
    why: expect.stringContaining('An error occurred in Socket closed'),
  })
})

test.each([
  ['MPI_ABORT was invoked on rank 2 in communicator MPI_COMM_WORLD\nwith errorcode 9.\n', ''],
  ['MPI_ABORT was invoked on rank 2 in communicator MPI_COMM_WORLD\n  Proc: [[2884,1],2]\n  Errorcode: 9\n', ''],
  ['', 'Abort(9) on node 2 (rank 2 in comm 0): application called MPI_Abort(MPI_COMM_WORLD, 9) - process 2\n'],
])('MPI_Abort, as each MPI tells it: %j', (stderr, own) => {
  expect(of({ exitCode: 9, stderr, ranks: [rank(0, null, 0), rank(2, null, 1, own)] })).toMatchObject({
    code: 'FLOW_MPI_ABORTED',
    message: 'Rank 2 on node1 called MPI_Abort with code 9',
  })
})

test('a missing program, and one that may not be executed', () => {
  expect(of({ exitCode: 127, ranks: [rank(1, 127, 0, '/x/rank.sh: 43: exec: ./no: not found\n')] })).toMatchObject({
    code: 'FLOW_MPI_PROGRAM_MISSING',
    message: 'Rank 1 on node0: ./no was not found',
  })
  expect(
    of({ exitCode: 126, ranks: [rank(1, 126, 0, '/x/rank.sh: 43: exec: ./no: Permission denied\n')] }),
  ).toMatchObject({ code: 'FLOW_MPI_PROGRAM_MISSING', message: 'Rank 1 on node0: ./no cannot be executed' })
  expect(of({ exitCode: 127, ranks: [rank(1, 127, 0, 'my own 127\n')] })).toMatchObject({
    code: 'FLOW_MPI_RANK_FAILED',
  })
})

test('the launcher alone: too few slots, or anything else', () => {
  expect(of({ exitCode: 1, stderr: 'There are not enough slots available in the system\n' })).toMatchObject({
    code: 'FLOW_MPI_SLOTS',
  })
  expect(of({ exitCode: 1, stderr: 'unknown option\n' })).toMatchObject({
    code: 'FLOW_MPI_LAUNCH_FAILED',
    why: "The end of the launcher's stderr:\nunknown option",
  })
})

test('the launcher or a daemon of it that was killed is the cause, whatever became of the ranks', () => {
  const ranks = [rank(0, null, 0), rank(1, 195, 1)]
  const launcher = { what: 'launcher', node: 0, exitCode: null, signal: 'SIGKILL' } as const
  expect(of({ exitCode: null, signal: 'SIGKILL', ranks, launcherEnd: launcher })).toMatchObject({
    code: 'FLOW_MPI_LAUNCH_FAILED',
    message: 'mpirun (2 ranks) on node0 was killed by SIGKILL',
  })
  const daemon = { what: 'launcher daemon', node: 1, exitCode: null, signal: 'SIGSEGV' } as const
  expect(of({ exitCode: 205, ranks, launcherEnd: daemon })).toMatchObject({
    code: 'FLOW_MPI_LAUNCH_FAILED',
    message: 'A daemon of mpirun (2 ranks) on node1 was killed by SIGSEGV',
    details: { launcherEnd: daemon, firstFailedRank: undefined },
  })
  const absent = { what: 'launcher daemon', node: 1, exitCode: 127, signal: null } as const
  expect(of({ exitCode: null, signal: 'SIGKILL', launcherEnd: absent })).toMatchObject({
    code: 'FLOW_MPI_LAUNCH_FAILED',
    message: 'A daemon of mpirun (0 ranks) on node1 ended with code 127 before any rank started',
  })
})

test('ended by us', () => {
  expect(of({ exitCode: null, signal: 'SIGTERM', timedOut: true, ranks: [rank(0, null, 0)] })).toMatchObject({
    code: 'FLOW_MPI_TIMEOUT',
  })
  expect(of({ exitCode: null, signal: 'SIGTERM', isCanceled: true })).toMatchObject({ code: 'FLOW_MPI_CANCELED' })
})

const traceback =
  'Traceback (most recent call last):\n  File "a.py", line 5, in <module>\n    raise ValueError("sad")\nValueError: sad\n'

test.each([
  ['MPI_ABORT was invoked on rank 2 in communicator MPI_COMM_WORLD\nwith errorcode 1.\n', traceback],
  [
    '',
    `${traceback}Abort(1) on node 2 (rank 2 in comm 0): application called MPI_Abort(MPI_COMM_WORLD, 1) - process 2\n`,
  ],
])('an abort because Python raised is told as what was raised: %j', (stderr, own) => {
  const error = of({ exitCode: 1, stderr, ranks: [rank(0, null, 0), rank(2, 1, 1, own)] })
  expect(error).toMatchObject({ code: 'FLOW_MPI_RANK_FAILED', message: 'Rank 2 on node1 raised ValueError: sad' })
  expect(error?.why).toContain('line 5, in <module>')
})
