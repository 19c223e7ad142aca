import { execFileSync } from 'node:child_process'
import { argumentWords, type ControlContext, FlowError, type LaunchSpec } from '@flow/core'
import { expect, test } from 'vitest'
import { checkWorkers } from '../src/check-workers.js'
import { DeepSpeed } from '../src/control.js'
import { readDeepSpeedArguments } from '../src/deepspeed-arguments.js'
import { hostsOf, worldInfo } from '../src/hosts.js'
import { checkLauncher } from '../src/launchers/index.js'
import { rankProgram } from '../src/launchers/node-command.js'
import { shellWords } from '../src/shell.js'

const options = expect.objectContaining({ code: 'FLOW_DEEPSPEED_OPTIONS' })
const badHostfile = expect.objectContaining({ code: 'FLOW_DEEPSPEED_HOSTFILE' })

const roster = [0, 1].map(index => ({
  index,
  name: `node${index}`,
  address: `127.0.0.${index + 1}`,
  slots: 2,
  facts: {},
}))

function places(
  args: Parameters<typeof readDeepSpeedArguments>[0],
  hostfile?: string,
): Record<string, readonly number[]> {
  const hosts = hostsOf({ roster, slotsOf: ({ slots }) => slots, given: readDeepSpeedArguments(args), hostfile })
  return Object.fromEntries(hosts.map(({ name, devices }) => [name, devices]))
}

test('options as words or as a record, with dashes or underscores', () => {
  for (const args of [
    ['--num_gpus', 2, '--hostfile=h', '--no_local_rank', '--launcher_args', '--mca a "b c"'],
    ['--num-accelerators=2', '-H', 'h', '--no-local-rank', `--launcher-args=--mca a 'b c'`],
    { numGpus: 2, hostfile: 'h', noLocalRank: true, launcherArgs: '--mca a "b c"' },
  ]) {
    expect(readDeepSpeedArguments(args)).toMatchObject({
      numGpus: 2,
      hostfile: 'h',
      isNoLocalRank: true,
      isModule: false,
      perNode: [],
      launcherArgs: ['--mca', 'a', 'b c'],
    })
  }
})

test("what is for the launcher on each node goes there, in DeepSpeed's own form", () => {
  expect(readDeepSpeedArguments({ bindCoresToRank: true, logLevel: 'error', bindCoreList: '0,1' }).perNode).toEqual([
    '--bind_cores_to_rank',
    '--log_level=error',
    '--bind_core_list=0,1',
  ])
  expect(readDeepSpeedArguments(['--no_ssh', '--no_ssh_check']).launcher).toBe('perNode')
  expect(readDeepSpeedArguments(['--launcher', 'OpenMPI']).launcher).toBe('openmpi')
  expect(readDeepSpeedArguments({ launcher: 'perNode' }).launcher).toBe('perNode')
  expect(readDeepSpeedArguments({ launcher: 'PERNODE' }).launcher).toBe('perNode')
  expect(readDeepSpeedArguments({ launcher: 'SLURM' }).launcher).toBe('SLURM')
})

test.each([
  ['--nonsense'],
  ['train.py'],
  ['--node_rank', '1'],
  ['--enable_each_rank_log', 'logs'],
  ['--num_gpus', 'x'],
  ['--num_nodes', '0'],
  ['--hostfile'],
])('refused: %s %s', (...args) => {
  expect(() => readDeepSpeedArguments(args)).toThrow(options)
})

test('the nodes and their places', () => {
  expect(places([])).toEqual({ node0: [0, 1], node1: [0, 1] })
  expect(places({ numNodes: 1, numGpus: 3 })).toEqual({ node0: [0, 1, 2] })
  expect(places({ include: 'node1:1' })).toEqual({ node1: [1] })
  expect(places({ exclude: 'node0:0@127.0.0.2' })).toEqual({ node0: [1] })
  const own = places([], '# mine\n127.0.0.2 slots=1\n\nnode0   slots=4 # four\n')
  expect(Object.entries(own)).toEqual([
    ['node1', [0]],
    ['node0', [0, 1, 2, 3]],
  ])
})

test('nodes by IPv6 addresses', () => {
  const hosts = (include: string): unknown =>
    hostsOf({
      roster: roster.map(entry => ({ ...entry, address: `::${entry.index + 1}` })),
      slotsOf: ({ slots }) => slots,
      given: { include },
    }).map(({ name, devices }) => [name, devices])
  expect(hosts('::1')).toEqual([['node0', [0, 1]]])
  expect(hosts('::2:1@::1:0')).toEqual([
    ['node0', [0]],
    ['node1', [1]],
  ])
  expect(() => hosts('::3')).toThrow('::3 names no node')
})

test('places that cannot be', () => {
  for (const args of [{ include: 'node7' }, { include: 'node0:5' }, { exclude: 'node0@node1' }])
    expect(() => places(args)).toThrow(options)
  expect(() => places({ include: 'node0', numGpus: 1 })).toThrow(options)
  for (const text of ['', 'node0', 'node0 slots=1\nnode0 slots=1', 'other slots=1'])
    expect(() => places([], text)).toThrow(badHostfile)
})

test('world info is what Python reads', () => {
  const hosts = hostsOf({ roster, slotsOf: () => 1, given: {} })
  const code = 'import base64, json, sys; print(json.dumps(json.loads(base64.urlsafe_b64decode(sys.argv[1]))))'
  const read = execFileSync('python3', ['-c', code, worldInfo(hosts)], { encoding: 'utf8' })
  expect(JSON.parse(read)).toEqual({ node0: [0], node1: [0] })
})

test('words survive a shell', () => {
  const words = ['plain', 'a  b', `it's "$HOME" \\ *`, '', '100%', 'ä\nö']
  const echoed = execFileSync('sh', ['-c', `printf '%s\\0' ${shellWords(words)}`], { encoding: 'utf8' })
  expect(echoed.split('\0').slice(0, -1)).toEqual(words)
})

test('launchers by name', () => {
  expect(checkLauncher('pdsh', 'here')).toBe('pdsh')
  expect(() => checkLauncher('toString', 'here')).toThrow(options)
})

test.each([
  ['python3 train.py --steps 3', 'python3 train.py --local_rank=7 --steps 3'],
  ['python train.py', 'python train.py --local_rank=7'],
  ['/opt/bin/python3.12 -u train.py', '/opt/bin/python3.12 -u train.py --local_rank=7'],
  ['python3 -W ignore -X faulthandler train.py a', 'python3 -W ignore -X faulthandler train.py --local_rank=7 a'],
  ['python3 -Wignore -uX dev train.py', 'python3 -Wignore -uX dev train.py --local_rank=7'],
  ['python3 --check-hash-based-pycs never train.py', 'python3 --check-hash-based-pycs never train.py --local_rank=7'],
  ['python3 -m pkg.train a', 'python3 -m pkg.train --local_rank=7 a'],
  ['python3 -mpkg.train a', 'python3 -mpkg.train --local_rank=7 a'],
  ['python3 -c pass a', 'python3 -c pass --local_rank=7 a'],
  ['python3 - a', 'python3 - --local_rank=7 a'],
  ['./python-like.sh train.py', './python-like.sh --local_rank=7 train.py'],
])('--local_rank comes behind the name of the program: %s', (program, expected) => {
  const [shell = '', ...args] = rankProgram({ program: program.split(' '), given: readDeepSpeedArguments([]) })
  const echo = args.map(word => word.replace(/^exec /, 'exec echo '))
  const env = { ...process.env, LOCAL_RANK: '7' }
  expect(execFileSync(shell, echo, { encoding: 'utf8', env }).trim()).toBe(expected)
})

test('a program that wants no --local_rank is what it was', () => {
  const program = ['python', 'train.py']
  expect(rankProgram({ program, given: readDeepSpeedArguments(['--no_local_rank']) })).toEqual(program)
})

test.each([
  [
    'FLOW_PROGRAM_NOT_STARTED',
    "Program 'python3' could not be started: no such program",
    'FLOW_DEEPSPEED_MISSING',
    { errno: 'ENOENT' },
  ],
  [
    'FLOW_PROGRAM_NOT_STARTED',
    "Program 'python3' could not be started: there is no folder x to start it in",
    undefined,
    { errno: 'ENOENT', folder: 'x' },
  ],
  ['FLOW_GANG_NODE_LOST', 'node1 was lost', undefined, {}],
])('a worker that cannot be checked: %s, %s', async (code, message, told, details) => {
  const ctx = { me: roster[0], execOn: () => Promise.reject(new FlowError(code, { message, details })) }
  const hosts = hostsOf({ roster, slotsOf: () => 1, given: {} })
  const checked = checkWorkers(ctx as unknown as ControlContext, hosts, {
    python: 'python3',
    script: undefined,
    cwd: undefined,
  })
  await expect(checked).rejects.toMatchObject({
    code: told ?? code,
    message: expect.stringMatching(told === undefined ? `^${message}` : 'There is no python3'),
  })
  await expect(checked).rejects.toThrow('node1')
})

/** What `run` has launched. */
async function launchOf(
  deepspeedArgs: Parameters<typeof readDeepSpeedArguments>[0],
  { gpu, ...own }: { readonly gpu?: number; readonly [variable: string]: string | number | undefined },
): Promise<LaunchSpec | undefined> {
  const specs: LaunchSpec[] = []
  const ended = { exitCode: 0, signal: null, ranks: [], stdout: '', stderr: '', output: undefined }
  const ctx = {
    me: roster[0],
    roster,
    plan: { resources: { gpu } },
    workDir: import.meta.dirname,
    env: { PATH: process.env['PATH'], ...own },
    exec: () => Promise.resolve(ended),
    execOn: () => Promise.resolve(ended),
    launch: (spec: LaunchSpec) => {
      specs.push(spec)
      return Promise.resolve(ended)
    },
  }
  const api = new DeepSpeed(ctx as unknown as ControlContext, {}, undefined)
  await api.run({ entrypoint: './program', deepspeedArgs: ['--master_port', 1, ...argumentWords(deepspeedArgs)] })
  return specs[0]
}

test('threads of a rank: one, what the step says, or what DeepSpeed sets where it binds cores', async () => {
  const environment = async (...how: Parameters<typeof launchOf>): Promise<unknown> =>
    (await launchOf(...how))?.options?.env
  expect(await environment([], {})).toEqual({ OMP_NUM_THREADS: '1' })
  expect(await environment([], { OMP_NUM_THREADS: '4' })).toEqual({ OMP_NUM_THREADS: '4' })
  expect(await environment({ bindCoresToRank: true }, {})).toEqual({})
})

test('GPUs of a node: the first that are visible, where the user says nothing else', async () => {
  const devices = async (...how: Parameters<typeof launchOf>): Promise<unknown> => {
    const command = await (
      await launchOf(...how)
    )?.command({
      launchAgent: '',
      onNode: '',
      host: name => name,
      rank: [],
      dir: '',
    })
    const world = /--world_info=(\S+)/.exec(command?.join(' ') ?? '')?.[1] ?? ''
    return JSON.parse(Buffer.from(world, 'base64url').toString())
  }
  const gpus = { gpu: 2, CUDA_VISIBLE_DEVICES: '2,3,5' }
  expect(await devices([], gpus)).toEqual({ node0: [2, 3], node1: [2, 3] })
  for (const visible of ['7', 'GPU-8932f937,GPU-1234', '2,,3', '', undefined])
    expect(await devices([], { ...gpus, CUDA_VISIBLE_DEVICES: visible })).toEqual({ node0: [0, 1], node1: [0, 1] })
  expect(await devices([], { CUDA_VISIBLE_DEVICES: '2,3' })).toEqual({ node0: [0, 1], node1: [0, 1] })
  expect(await devices({ include: 'node1:1' }, gpus)).toEqual({ node1: [1] })
  expect(await devices({ numGpus: 1 }, gpus)).toEqual({ node0: [0], node1: [0] })
})
