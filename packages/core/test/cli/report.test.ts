import { describe, expect, it } from 'vitest'
import { noColors } from '../../src/cli/output/index.js'
import { formatError, formatVerdict } from '../../src/cli/report/index.js'
import { FlowError } from '../../src/errors/index.js'
import type { Verdict } from '../../src/store/index.js'

describe('errors', () => {
  it('show code, place, frame, why and fix', () => {
    const error = new FlowError('FLOW_CLI_USAGE', {
      message: 'something is wrong',
      why: 'it cannot be',
      fix: 'do this\nor that',
      at: { file: '/home/me/flow.ts', line: 3, column: 5 },
      frame: '> 3 |   thing\n    |   ^',
    })
    expect(formatError(error, noColors, '/home/me')).toBe(
      [
        'error FLOW_CLI_USAGE: something is wrong',
        '  at flow.ts:3:5',
        '',
        '  > 3 |   thing',
        '      |   ^',
        '',
        '  why: it cannot be',
        '  fix: do this',
        '       or that',
        '',
      ].join('\n'),
    )
  })

  it('show every problem of a lint', () => {
    const problems = [1, 2].map(line => ({
      code: `FLOW_LINT_${line}`,
      message: `problem ${line}`,
      at: { file: '/x/flow.ts', line, column: 1 },
    }))
    const text = formatError(
      new FlowError('FLOW_LINT', { message: '2 problems', details: { problems } }),
      noColors,
      '/x',
    )
    expect(text).toBe(
      'error FLOW_LINT_1: problem 1\n  at flow.ts:1:1\n\nerror FLOW_LINT_2: problem 2\n  at flow.ts:2:1\n\n2 problems\n',
    )
  })
})

describe('verdicts', () => {
  const verdict: Verdict = {
    outcome: 'user-error',
    message: 'rank 3 on node 1 exited with code 7',
    first: { node: 1, rank: 3, exitCode: 7, what: 'rank', excerpt: 'Traceback\nValueError: no\n', at: 0 },
    victims: [
      { node: 0, rank: 0, signal: 'SIGTERM', what: 'rank', excerpt: '', at: 0 },
      { node: 0, what: 'body', excerpt: '', at: 0 },
    ],
    timeline: {},
  }

  const killed = { node: 0, signal: 'SIGKILL', what: 'body', excerpt: '', at: 0 }

  it('show the cause, its stderr and where the log is', () => {
    expect(formatVerdict('Hello/3/multi/2', verdict, noColors)).toBe(
      [
        'error (user-error): Hello/3/multi/2 failed: rank 3 on node 1 exited with code 7',
        '',
        '  │ Traceback',
        '  │ ValueError: no',
        '',
        '  ended with it: 1 rank on node 0',
        '  the full log: flow logs Hello/3/multi/2 --node 1 --rank 3',
        '',
      ].join('\n'),
    )
  })

  it('show the hint; after the log how long it took, and that the flow went on', () => {
    const caught = { ...verdict, hint: 'buy memory', victims: [], first: killed, caught: 'failure' }
    const text = formatVerdict('Hello/3/multi/2', { ...caught, timeline: { barrier: 120, total: 2_000 } }, noColors, {
      afterLog: true,
    })
    expect(text.split('\n').slice(1)).toEqual([
      '  hint: buy memory',
      '  caught: the flow went on with the failure as failure',
      '  timeline: barrier 0.12 s, total 2.00 s',
      '',
    ])
  })

  it('show a message of many lines once', () => {
    const error = { name: 'FlowError', message: 'it failed:\nline of stderr', code: 'FLOW_MPI_LAUNCH_FAILED' }
    const excerpt = `FlowError: ${error.message}\n    at A.start (/p/flow.ts:3:4)`
    const failed = { ...verdict, message: error.message, error, first: { node: 0, what: 'body', excerpt, at: 0 } }
    const text = formatVerdict('A/1/start/1', failed, noColors)
    expect(text.match(/line of stderr/g)).toHaveLength(1)
    expect(text).toContain('  │ FlowError: it failed:\n  │     at A.start (/p/flow.ts:3:4)\n')
  })

  it('show a stack without frames of Flow and of Node', () => {
    const layer = `/p/.flow/deps/${'0a'.repeat(16)}/chunk-1.mjs:1:2`
    const ours = [
      `    at file://${layer}`,
      `    at runStep (${layer})`,
      '    at node:fs:1:2',
      '    at eval (eval at create (/p/node_modules/tapable/lib/a.js:1:2), <anonymous>:1:2)',
      '    at async open (node:fs:1:2)',
    ]
    const excerpt = ['Error: no', ...ours, '    at A.start (/p/flow.ts:3:4)', '    at /p/flow.ts:5:6'].join('\n')
    const text = formatVerdict(
      'A/1/start/1',
      { ...verdict, first: { node: 0, what: 'body', excerpt, at: 0 } },
      noColors,
    )
    expect(text.split('\n').filter(line => line.includes('│'))).toEqual([
      '  │ Error: no',
      '  │     at A.start (/p/flow.ts:3:4)',
      '  │     at /p/flow.ts:5:6',
    ])
  })

  it('show why and fix of a coded error, and of an excerpt only its end', () => {
    const excerpt = Array.from({ length: 30 }, (_, i) => `line ${i}`).join('\n')
    const error = { name: 'FlowError', message: 'x', code: 'FLOW_MPI_MISSING', why: 'no mpirun', fix: 'install it' }
    const text = formatVerdict(
      'Hello/3/multi/2',
      { ...verdict, error, first: { node: 0, what: 'body', excerpt, at: 0 } },
      noColors,
    )
    expect(text).toContain('error FLOW_MPI_MISSING: Hello/3/multi/2 failed')
    expect(text).toContain('why: no mpirun')
    expect(text).toContain('fix: install it')
    expect(text).not.toContain('line 9\n')
    expect(text).toContain('│ …\n  │ line 10\n')
  })
})
