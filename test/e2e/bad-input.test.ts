import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { expectCoded, expectNoStack, expectNothingLeft, expectOk, Project } from './harness/index.js'

const head = `import { Flow, step, pypi } from '@flow/core'\n`
const steps = `{ @step start() { this.next(this.end) } @step end() {} }`

const files: Readonly<Record<string, { readonly text: string; readonly says: RegExp }>> = {
  'is empty': { text: '', says: /FLOW_LINT_NO_FLOW/ },
  'does not parse': {
    text: `${head}export default class A extends Flow { @step start( }`,
    says: /FLOW_LINT_SYNTAX[^]*flow\.ts:2/,
  },
  'is no text': { text: '\u0000\u0001\u0002', says: /FLOW_LINT_/ },
  'exports no flow': { text: `${head}export class A {}\nvoid [Flow, step, pypi]`, says: /FLOW_LINT_NO_FLOW/ },
  'exports two flows': {
    text: `${head}export class A extends Flow ${steps}\nexport class B extends Flow ${steps}`,
    says: /FLOW_LINT_TWO_FLOWS/,
  },
  'names an unknown step': {
    text: `${head}export default class A extends Flow { @step start() { this.next(this.midle) } @step middle() { this.next(this.end) } @step end() {} }`,
    says: /FLOW_LINT_UNKNOWN_STEP[^]*middle/,
  },
  'imports what is not there': {
    text: `${head}import 'no-such-package'\nexport default class A extends Flow ${steps}`,
    says: /FLOW_BUNDLE_UNRESOLVED[^]*no-such-package/,
  },
  'imports what has no meaning': {
    text: `${head}import wasm from './program.wasm'\nvoid wasm\nexport default class A extends Flow ${steps}`,
    says: /FLOW_BUNDLE_FAILED: program\.wasm cannot be imported\.\n {2}at flow\.ts:2/,
  },
  'throws at its top level': {
    text: `${head}throw new Error('from the top')\nexport default class A extends Flow ${steps}`,
    says: /FLOW_MODULE_FAILED[^]*from the top\n {2}at flow\.ts:2:7/,
  },
  'exits at its top level': {
    text: `${head}process.exit(0)\nexport default class A extends Flow ${steps}`,
    says: /FLOW_MODULE_FAILED[^]*process\.exit\(0\)/,
  },
  'throws in its constructor': {
    text: `${head}export default class A extends Flow { x = (() => { throw new Error('from a field') })(); @step start() { this.next(this.end) } @step end() {} }`,
    says: /FLOW_CLASS_FAILED[^]*from a field\n {2}at flow\.ts:2:\d+/,
  },
}

test.for(Object.entries(files))('a file that %s', async ([, { text, says }]) => {
  const project = new Project()
  project.write('flow.ts', text)
  project.write('program.wasm', '')
  for (const command of ['run', 'check']) {
    const end = await project.flow([command, 'flow.ts'])
    expectNoStack(end)
    expect(end.output).toMatch(says)
    expect(end.exitCode).toBe(1)
  }
  expect(project.processes()).toEqual([])
})

test('a file that does not exist, and a folder', async () => {
  const project = new Project()
  expectCoded(await project.flow(['run', 'nothing.ts']), /FLOW_FILE_NOT_FOUND[^]*nothing\.ts/, 2)
  mkdirSync(join(project.dir, 'folder.ts'))
  expectCoded(await project.flow(['run', 'folder.ts']), 'FLOW_FILE_NOT_FOUND', 2)
  expectCoded(await project.flow(['run']), 'FLOW_CLI_USAGE', 2)
  expectCoded(await project.flow(['rum', 'flow.ts']), /FLOW_CLI_USAGE[^]*run/, 2)
})

test('a file whose top level never ends can be interrupted', async () => {
  const project = new Project()
  project.write(
    'flow.ts',
    `${head}console.error('at the top')\nawait new Promise(() => undefined)\nexport default class A extends Flow ${steps}`,
  )
  const run = project.start(['run', 'flow.ts'])
  await run.error('at the top')
  run.kill('SIGINT')
  const end = await run.ended
  expect(end.exitCode).toBe(130)
  expect(project.processes()).toEqual([])
})

test('no Python for @pypi', async () => {
  const project = new Project()
  project.write(
    'flow.ts',
    `${head}export default class A extends Flow { @pypi({ packages: { six: '1.17.0' } }) @step start() { this.next(this.end) } @step end() {} }`,
  )
  mkdirSync(join(project.dir, 'bin'))
  const end = await project.flow(['run', 'flow.ts'], {
    env: { PATH: join(project.dir, 'bin'), FLOW_CACHE_DIR: join(project.dir, 'cache') },
  })
  expectCoded(end, 'FLOW_PYTHON_MISSING')
  expectNothingLeft(project, end)
})

test('a state directory that cannot be', async () => {
  const project = new Project()
  const file = project.write('file', '')
  project.use('linear.ts')
  expectCoded(await project.flow(['run', 'linear.ts'], { env: { FLOW_HOME: file } }), 'FLOW_HOME_INVALID')
  expectCoded(
    await project.flow(['run', 'linear.ts'], { env: { FLOW_HOME: join(file, 'below') } }),
    'FLOW_HOME_INVALID',
  )
})

test('a database that is none', async () => {
  const project = new Project()
  expectOk(await project.run('linear.ts'))
  for (const name of readdirSync(project.home).filter(one => one.startsWith('meta.db')))
    writeFileSync(join(project.home, name), Buffer.alloc(60_000, 'no database '))
  expectCoded(await project.run('linear.ts'), /FLOW_STORE_CORRUPT[^]*meta\.db/)
  expectCoded(await project.flow(['list']), 'FLOW_STORE_CORRUPT')
})

test('stored content that was damaged', async () => {
  const project = new Project()
  const end = await project.run('tampers.ts', ['--blobs', join(project.home, 'blobs')])
  expectCoded(end, 'FLOW_BLOB_CORRUPT')
  expect(end.stderr).toContain('Tampers/1/end/3')
  expectCoded(await project.flow(['dump', 'Tampers/1/start/1', '--json']), 'FLOW_BLOB_CORRUPT')
})

describe('a full disk under .flow', () => {
  // A file system of a few megabytes, in a mount namespace of its own: no right is needed for it where users may have
  // namespaces. Where they may not, a limit on the size of files does the same to what is large.
  const canMount = spawnSync('unshare', ['-rm', 'true']).status === 0
  const onDisk = (megabytes: number): string[] =>
    canMount
      ? [
          'unshare',
          '-rm',
          'sh',
          '-c',
          `mkdir -p .flow && mount -t tmpfs -o size=${megabytes}m tmpfs .flow && exec "$@"`,
          'sh',
        ]
      : ['sh', '-c', `ulimit -f ${megabytes * 1024}; exec "$@"`, 'sh']

  test.for([
    { what: 'artifact', where: 'single' },
    { what: 'artifact', where: 'node 1' },
    { what: 'output', where: 'single' },
    { what: 'output', where: 'node 0' },
    { what: 'output', where: 'node 1' },
  ])('$what of $where', async ({ what, where }) => {
    const project = new Project()
    const end = await project.run('fills.ts', ['--what', what, '--where', where], { through: onDisk(12) })
    expectCoded(end, canMount ? 'FLOW_STORE_FULL' : /FLOW_STORE_(FULL|IO)/)
    const told = end.events.find(event => event.type === 'task.ended' && event.outcome !== 'ok')
    expect(told).toMatchObject({
      outcome: 'system-error',
      verdict: { message: expect.stringContaining(project.home) },
    })
    if (where !== 'single') expect(end.stderr).toContain(where)
    expect(project.processes()).toEqual([])
  })

  test.skipIf(!canMount)('past runs can be looked at, and on a read-only one', async () => {
    const project = new Project()
    project.use('linear.ts')
    const look = '"$@" list && "$@" logs Linear/1 && "$@" dump Linear/1/start/1'
    const script = [
      'mkdir .flow && mount -t tmpfs -o size=12m tmpfs .flow',
      '"$@" run linear.ts >/dev/null',
      // Over itself: a user may not make read-only what is mounted already.
      `mount --bind .flow .flow && mount -o remount,bind,ro .flow && ${look} && echo read-only`,
      'umount .flow',
      'dd if=/dev/zero of=.flow/filler bs=4096 2>/dev/null',
      `${look} && echo full`,
      '"$@" run linear.ts >/dev/null',
    ].join('\n')
    const end = await project.start([], { through: ['unshare', '-rm', 'sh', '-c', script, 'sh'] }).ended
    const [readOnly = '', full = ''] = end.stdout.split('read-only\n')
    expect(readOnly).toMatch(/Linear\/1 +ok[^]*Linear 1 end 0[^]*trail/)
    expect(full).toBe(`${readOnly}full\n`)
    expectCoded(end, 'FLOW_STORE_FULL')
  })

  test.skipIf(!canMount)('no room for the code package', async () => {
    const project = new Project()
    expectCoded(await project.run('linear.ts', [], { through: onDisk(1) }), 'FLOW_STORE_FULL')
    expect(project.processes()).toEqual([])
  })
})

test.for(['with space', 'with:colon', 'ünï-𝄞', 'q\'"$(x)`&;*', 'n'.repeat(150)])('a folder named %s', async name => {
  const project = new Project(name)
  const end = await project.run('gang.ts', ['--nodes', '2'])
  expectOk(end)
  expect(end.lines('end')).toEqual(['0: 1000 1001, file of node 0', '1: 1000 1001, file of node 1', 'from start'])
  expectNothingLeft(project, end)
  expectOk(await project.run('files.ts'))
})
