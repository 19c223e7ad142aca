import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { FlowError } from '../../src/errors/index.js'
import { removeUnused } from '../../src/package/garbage.js'
import { buildPackage, openPackage } from '../../src/package/index.js'
import { Project } from './project.js'

const FLOW = `export { shared } from '@flow/core'\nexport default () => 1\n`
const pathsOf = (code: { files: readonly { path: string }[] }) => code.files.map(file => file.path)

test('takes the files beside the flow as git would, with what a .flowignore says', async () => {
  using project = new Project('repo/flows/one')
  project.write({
    '../../.git/HEAD': '',
    '../../.gitignore': 'build/\n*.log\n',
    '.gitignore': '!keep.log\nsecret.txt\n',
    '.flowignore': 'big/\n',
    'flow.ts': FLOW,
    'mpi_hello.py': '',
    'a.log': '',
    'keep.log': '',
    'build/out.bin': '',
    'big/data.bin': '',
    'dist/index.js': '',
    'secret.txt': '',
    '.env': 'TOKEN=1',
    '__pycache__/x.pyc': '',
    'sub/.gitignore': '*.tmp\n',
    'sub/a.tmp': '',
    'sub/a.txt': '',
  })
  expect(pathsOf(await buildPackage(project.options()))).toEqual([
    '.flowignore',
    '.gitignore',
    'dist/index.js',
    'flow.ts',
    'keep.log',
    'mpi_hello.py',
    'package.json',
    'sub/.gitignore',
    'sub/a.txt',
  ])
  project.write({ 'new.txt': 'new' })
  expect(pathsOf(await buildPackage(project.options()))).toContain('new.txt')
  project.write({ '../../.gitignore': 'build/\n*.log\nnew.txt\n' })
  expect(pathsOf(await buildPackage(project.options()))).not.toContain('new.txt')
})

test('a flow in an ignored folder still has its files', async () => {
  using project = new Project('repo/build/one')
  project.write({ '../../.git/HEAD': '', '../../.gitignore': 'build/\n', 'flow.ts': FLOW, 'a.txt': '' })
  expect(pathsOf(await buildPackage(project.options()))).toContain('a.txt')
})

test('keeps modes and links inside, follows links outside, drops what leads nowhere', async () => {
  using project = new Project()
  project.write({
    'flow.ts': FLOW,
    'run.sh': '#!/bin/sh',
    'data/one.txt': '1',
    '../outside/two.txt': '2',
    '../outside/deep/three.txt': '3',
  })
  chmodSync(join(project.dir, 'run.sh'), 0o755)
  symlinkSync(join(project.dir, 'data/one.txt'), join(project.dir, 'absolute'))
  symlinkSync('data', join(project.dir, 'folder'))
  symlinkSync('../outside/two.txt', join(project.dir, 'two'))
  symlinkSync('../outside', join(project.dir, 'out'))
  symlinkSync('..', join(project.root, 'outside/deep/up'))
  symlinkSync('nowhere', join(project.dir, 'dangling'))
  const { filesDir } = await buildPackage(project.options())
  expect(statSync(join(filesDir, 'run.sh')).mode & 0o777).toBe(0o755)
  expect(readlinkSync(join(filesDir, 'absolute'))).toBe('data/one.txt')
  expect(readFileSync(join(filesDir, 'folder/one.txt'), 'utf8')).toBe('1')
  expect(lstatSync(join(filesDir, 'two')).isSymbolicLink()).toBe(false)
  expect(readFileSync(join(filesDir, 'two'), 'utf8')).toBe('2')
  expect(readFileSync(join(filesDir, 'out/deep/three.txt'), 'utf8')).toBe('3')
  expect(existsSync(join(filesDir, 'out/deep/up/deep'))).toBe(false)
  expect(lstatSync(join(filesDir, 'dangling'), { throwIfNoEntry: false })).toBeUndefined()
})

test('too many or too large files are refused, the largest named', async () => {
  using project = new Project()
  project.write({
    'flow.ts': FLOW,
    'weights/a.bin': 'x'.repeat(3000),
    'weights/b.bin': 'x'.repeat(2000),
    'small.txt': 'x',
  })
  const refused = async (limits: { bytes?: number; files?: number }) =>
    buildPackage({ ...project.options(), limits }).catch((error: unknown) => error as FlowError)
  for (const limits of [{ bytes: 4000 }, { files: 3 }]) {
    const error = await refused(limits)
    expect(error).toMatchObject({ code: 'FLOW_PACKAGE_TOO_LARGE' })
    expect((error as FlowError).why).toContain('weights/')
  }
  await buildPackage(project.options())
  expect(await refused({ bytes: 4000 })).toMatchObject({ code: 'FLOW_PACKAGE_TOO_LARGE' })
})

test('the newest packages are kept, with all they need; so are those of living processes', async () => {
  using project = new Project()
  const codes = []
  for (let index = 0; index < 4; index++) {
    project.write({ 'flow.ts': FLOW.replace('1', String(index)), 'data.txt': String(index) })
    codes.push(await buildPackage(project.options()))
  }
  const [first, second, , fourth] = codes
  if (first === undefined || second === undefined || fourth === undefined) throw new Error('not made')
  for (const [index, code] of codes.entries()) {
    const then = new Date(Date.now() - (10 - index) * 3_600_000)
    for (const dir of [code.dir, code.filesDir, code.depsDir]) utimesSync(dir, then, then)
  }
  removeUnused(project.home, 2)
  expect(existsSync(first.dir)).toBe(true) // this process claimed it

  const claims = join(project.home, 'packages/.in-use')
  const { renameSync } = await import('node:fs')
  renameSync(join(claims, `${first.hash}.${process.pid}`), join(claims, `${first.hash}.2147483647`))
  removeUnused(project.home, 2)
  expect([first, second, fourth].map(code => existsSync(code.dir))).toEqual([false, true, true])
  expect(existsSync(first.filesDir)).toBe(false)
  expect(existsSync(fourth.filesDir)).toBe(true)
  expect(existsSync(fourth.depsDir)).toBe(true)
  expect(openPackage(project.home, fourth.hash)).toEqual(fourth)
  expect(() => openPackage(project.home, first.hash)).toThrow(expect.objectContaining({ code: 'FLOW_PACKAGE_MISSING' }))
})

test('a home inside the flow’s folder is no part of it', async () => {
  using project = new Project()
  project.write({ 'flow.ts': FLOW })
  mkdirSync(join(project.dir, 'state'))
  writeFileSync(join(project.dir, 'state/x'), '')
  const code = await buildPackage({ ...project.options(), home: join(project.dir, 'state') })
  expect(pathsOf(code)).toEqual(['flow.ts', 'package.json'])
})
