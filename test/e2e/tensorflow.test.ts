import { describe, expect, test, vi } from 'vitest'
import {
  expectCoded,
  expectNothingLeft,
  expectOk,
  expectSaved,
  type Finished,
  Project,
  savesPy,
} from './harness/index.js'

// The first makes the environment: TensorFlow is large.
vi.setConfig({ testTimeout: 600_000 })

const KERAS = "@pypi({ packages: { 'tensorflow-cpu': '2.21.0', 'tf-keras': '2.21.0' } })"

interface FlowText {
  readonly run: string
  readonly decorators?: string
  readonly options?: string
  readonly nodes?: number
}

function flowOf({ run, decorators = KERAS, options = '', nodes = 2 }: FlowText): string {
  return `import { current, environment, Flow, gangTimeouts, type Inputs, parameter, pypi, retry, step } from '@flow/core'
import { tensorflow } from '@flow/tensorflow'
export default class Tf extends Flow {
  readonly how = parameter({ default: 'ok' })
  output: unknown
  outputs: unknown[] = []
  @step start() { this.next(this.work, { numParallel: ${nodes} }) }
  ${decorators}
  @gangTimeouts({ grace: 2_000 })
  @tensorflow({ ${options} })
  @step async work() {
    ${run}
    this.next(this.join)
  }
  @step join(inputs: Inputs<this>) { this.outputs = [...inputs].map(one => one.output); this.next(this.end) }
  @step end() { console.log(JSON.stringify(this.outputs)) }
}
`
}

/**
 * What every program for TF_CONFIG does at first, without the seconds that TensorFlow takes to be imported: it binds its
 * port and meets the others. Rank 1, on node 1, then ends as it is told; a rank that is left waits for ever.
 */
const program = `import json, os, signal, socket, sys, threading
config = json.loads(os.environ['TF_CONFIG'])
task = config['task']
addresses = [address for type in ('chief', 'worker', 'ps') for address in config['cluster'].get(type, [])]
own = config['cluster'].get(task['type'], [None] * 9)[task['index']]
print(f"{task['type']} {task['index']} of {len(addresses)}", flush=True)
# The ranks of a node have one file: each puts its own there whole.
output = os.environ['FLOW_OUTPUT']
own_output = f'{output}.{os.getpid()}'
with open(own_output, 'w') as file: json.dump({'task': task, 'ports': len({address.split(':')[1] for address in addresses})}, file)
os.replace(own_output, output)
if own:
    # On every address, as TensorFlow does.
    server = socket.create_server(('', int(own.split(':')[1])))
    for address in addresses:
        host, port = address.split(':')
        while True:
            try: socket.create_connection((host, int(port))).close(); break
            except ConnectionRefusedError: threading.Event().wait(0.05)
    for _ in addresses: server.accept()
how = sys.argv[1]
attempt = os.environ.get('ATTEMPT')
if how == 'served' and task['type'] == 'chief': sys.exit(0)
if how == 'broken' and task['type'] == 'ps': raise ValueError('a server does not like this')
if how in ('served', 'broken'): how = 'wait'
if how != 'ok' and (how != 'once' or attempt == '0'):
    if task['index'] == 1:
        if how == 'raise': raise ValueError('worker 1 does not like this')
        if how == 'kill': os.kill(os.getpid(), signal.SIGKILL)
        if how != 'wait': sys.exit(3)
    print('waits', flush=True)
    threading.Event().wait()
`

const RUN = `this.output = (await current.tensorflow.run({
      entrypoint: 'program.py', entrypointArgs: [this.how], env: { ATTEMPT: String(current.attempt) },
    })).output`

function project(flow: FlowText): Project {
  const made = new Project()
  made.write('program.py', program)
  made.write('flow.ts', flowOf(flow))
  return made
}

async function runFlow(flow: FlowText, how: string): Promise<{ readonly project: Project; readonly end: Finished }> {
  const made = project(flow)
  const end = await made.start(['run', 'flow.ts', '--json', '--how', how]).ended
  expectNothingLeft(made, end)
  return { project: made, end }
}

test('the example keras-multiworker: two workers learn the same', async () => {
  const made = new Project('keras-multiworker')
  made.useExample('keras-multiworker')
  const end = await made.start(['run', 'flow.ts', '--json']).ended
  expectOk(end)
  const [first = '', second = ''] = end.lines('end')
  expect(first).toMatch(/^worker 0: accuracy (1\.000|0\.9\d\d), weights [0-9a-f]{12}$/)
  expect(second).toBe(first.replace('worker 0', 'worker 1'))
  expectNothingLeft(made, end)
})

test('each rank gets a TF_CONFIG of its own: workers, a chief, an evaluator, several on a node', async () => {
  const tasks = (end: Finished): unknown => JSON.parse(end.lines('end').join(''))
  const plain = await runFlow({ run: RUN }, 'ok')
  expectOk(plain.end)
  expect(tasks(plain.end)).toEqual([
    { task: { type: 'worker', index: 0 }, ports: 2 },
    { task: { type: 'worker', index: 1 }, ports: 2 },
  ])
  const { end } = await runFlow({ run: RUN, options: 'nprocPerNode: 2, chief: true, evaluator: true' }, 'ok')
  expectOk(end)
  const said = end.events.filter(event => event.type === 'log' && event.task?.includes('/work/') === true)
  expect(said.map(({ node, text }) => `${String(text)} @${String(node)}`).toSorted()).toEqual([
    'chief 0 of 3 @0',
    'evaluator 0 of 3 @1',
    'worker 0 of 3 @0',
    'worker 1 of 3 @1',
  ])
})

test('parameter servers and their workers are ended when the chief has; one that fails ends all', async () => {
  const flow = { run: RUN, options: 'nprocPerNode: 2, chief: true, parameterServers: 1' }
  const { end } = await runFlow(flow, 'served')
  expectOk(end)
  expect(end.lines('work').toSorted()).toEqual(
    expect.arrayContaining(['chief 0 of 4', 'ps 0 of 4', 'worker 0 of 4', 'worker 1 of 4']),
  )
  const broken = await runFlow(flow, 'broken')
  expect(broken.end.exitCode).toBe(1)
  expect(broken.end.stderr).toMatch(/rank 3 on node ?1 exited with code 1/i)
  expect(broken.end.stderr).toContain('ValueError: a server does not like this')
})

test('a server that fails on a node of servers only ends all too, and is named', async () => {
  const flow = { run: RUN, options: 'chief: true, parameterServers: 1', nodes: 4 }
  const { end } = await runFlow(flow, 'served')
  expectOk(end)
  const broken = await runFlow(flow, 'broken')
  expect(broken.end.exitCode).toBe(1)
  expect(broken.end.stderr).toMatch(/rank 3 on node ?3 exited with code 1/i)
  expect(broken.end.stderr).toContain('ValueError: a server does not like this')
})

describe('rank 1, on node 1, fails: it is named, and everything ends', () => {
  test.each([
    { how: 'raise', code: 'FLOW_TENSORFLOW_RANK_FAILED', says: 'ValueError: worker 1 does not like this' },
    { how: 'kill', code: 'FLOW_TENSORFLOW_RANK_KILLED', says: 'rank 1 on node 1 was killed by SIGKILL' },
  ])('$how: $code', async ({ how, code, says }) => {
    const { end } = await runFlow({ run: RUN }, how)
    expect(end.exitCode).toBe(1)
    expect(end.stderr).toContain(code)
    expect(end.stderr).toContain(says)
    expect(end.stderr).toMatch(/rank 1 on node ?1/i)
  })
})

test('ranks that save what they have get the grace for it, and are told once', async () => {
  const made = new Project()
  made.write('saves.py', savesPy)
  made.write('flow.ts', flowOf({ run: "await current.tensorflow.run({ entrypoint: 'saves.py' })" }))
  await expectSaved(made, made.start(['run', 'flow.ts', '--json']), 2, 'the last rank is killed')
})

test("a worker's agent is killed: the node is lost, and nothing waits for it", async () => {
  const made = project({ run: `console.log(\`agent \${process.ppid}\`); ${RUN}` })
  const run = made.start(['run', 'flow.ts', '--json', '--how', 'wait'])
  const agent = await run.event(event => event.node === 1 && event.text?.startsWith('agent ') === true)
  await run.event(event => event.node === 1 && event.text === 'waits')
  process.kill(Number(agent.text?.split(' ')[1]), 'SIGKILL')
  const end = await run.ended
  expect(end.exitCode).toBe(1)
  expect(end.stderr).toContain('node 1 was lost: its agent was killed by SIGKILL')
  expectNothingLeft(made, end)
})

test('two programs at once on one gang do not meet; what starts ranks is killed: it is named, not a rank of it', async () => {
  const call = (name: string): string =>
    `current.tensorflow.run({ entrypoint: 'cluster.py', entrypointArgs: ['${name}'] })`
  const made = project({ run: `await Promise.all([${call('first')}, ${call('second')}]); await ${call('third')}` })
  made.write(
    'cluster.py',
    `import os, signal, sys
print(sys.argv[1], os.environ['TF_CONFIG'], flush=True)
if sys.argv[1] == 'third': signal.pause()
`,
  )
  const run = made.start(['run', 'flow.ts', '--json'])
  await Promise.all([0, 1].map(node => run.event(one => one.node === node && one.text?.startsWith('third ') === true)))
  process.kill(
    made.find(command => /\/1\/\S*ranks\.sh/.test(command)),
    'SIGKILL',
  )
  const end = await run.ended
  const clusters = ['first', 'second'].map(name => {
    const configs = end.lines('work').filter(line => line.startsWith(`${name} `))
    expect(configs).toHaveLength(2)
    return configs.map(line => JSON.stringify((JSON.parse(line.slice(name.length)) as { cluster: unknown }).cluster))
  })
  // All ranks of a program know the same addresses, and each program has its own.
  expect(clusters.map(one => new Set(one).size)).toEqual([1, 1])
  expect(new Set(clusters.flat()).size).toBe(2)
  expectCoded(end, 'FLOW_TENSORFLOW_LAUNCH_FAILED')
  expect(end.stderr).toContain('the launcher of node 1 was killed by SIGKILL')
  expectNothingLeft(made, end)
})

test('a retry is a fresh gang, with ports of its own', async () => {
  const { end } = await runFlow({ run: RUN, decorators: `${KERAS} @retry({ times: 1 })` }, 'once')
  expectOk(end)
  const began = end.events.filter(event => event.type === 'log' && /^worker \d of 2$/.test(String(event.text)))
  expect(began).toHaveLength(4)
})

test('no such program, a bad import, a signal, a timeout, no TensorFlow: coded errors', async () => {
  const attempt = (options: string): string => `await current.tensorflow.run({ ${options} }).then(
      () => console.log('it ended well'), (error: any) => console.log([error.code, error.message, error.why].join(' | ')))`
  const made = project({
    run: [
      attempt("entrypoint: './no-such-program'"),
      attempt("entrypoint: 'no-such-script.py'"),
      attempt(`entrypoint: '"open'`),
      attempt("entrypoint: 'imports.py'"),
      attempt("entrypoint: 'program.py', entrypointArgs: ['wait'], timeout: 1_000"),
      attempt("entrypoint: 'program.py', entrypointArgs: ['wait'], signal: AbortSignal.timeout(1_000)"),
      attempt("entrypoint: 'program.py', nprocPerNode: 0"),
    ].join('\n    '),
  })
  made.write('imports.py', 'import no_such_module\n')
  const end = await made.start(['run', 'flow.ts', '--json']).ended
  expectOk(end)
  for (const node of [0, 1]) {
    const said = end.events
      .filter(event => event.node === node && event.text?.startsWith('FLOW_') === true)
      .map(event => String(event.text))
    expect(said.map(line => line.split(' ')[0])).toEqual([
      'FLOW_TENSORFLOW_PROGRAM_MISSING',
      'FLOW_TENSORFLOW_PROGRAM_MISSING',
      'FLOW_TENSORFLOW_PROGRAM_INVALID',
      'FLOW_TENSORFLOW_RANK_FAILED',
      'FLOW_TENSORFLOW_TIMEOUT',
      'FLOW_TENSORFLOW_CANCELED',
      'FLOW_TENSORFLOW_OPTIONS',
    ])
  }
  expect(end.lines('work').join('\n')).toContain("ModuleNotFoundError: No module named 'no_such_module'")
  expectNothingLeft(made, end)

  const one = { run: `if (current.parallel.nodeIndex === 0) { ${RUN} }`, options: 'allNodesStartedTimeout: 500' }
  const late = await runFlow(one, 'ok')
  expectCoded(late.end, 'FLOW_TENSORFLOW_NODES_MISSING')
  expect(late.end.stderr).toContain('node1 did not call current.tensorflow.run within 500 ms')
  const none = await runFlow({ run: RUN, decorators: '@pypi({ packages: {} })' }, 'ok')
  expect(none.end.exitCode).toBe(1)
  expect(none.end.stderr).toContain('FLOW_TENSORFLOW_MISSING')
  const alone = await runFlow({ run: RUN, options: 'nprocPerNode: 0.5' }, 'ok')
  expect(alone.end.exitCode).toBe(1)
  expect(alone.end.stderr).toContain('FLOW_TENSORFLOW_OPTIONS')
})
