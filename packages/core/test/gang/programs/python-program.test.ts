import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import type { ProgramResult } from '../../../src/flow/index.js'
import { findPython, pythonLauncher, pythonOnPath, pythonProgram } from '../../../src/gang/programs/index.js'
import { findProgram } from '../../../src/process/index.js'
import { tempDir } from '../../process/processes.js'

const me = { index: 1, name: 'node1', address: '127.0.0.2', slots: 1, facts: {} }
const node = { me, workDir: import.meta.dirname }
const program = (entrypoint: string | readonly (string | number)[], entrypointArgs?: Record<string, number>) =>
  pythonProgram(node, { entrypoint, entrypointArgs, python: '/py', codes: 'FLOW_X', cwd: '.' })

function executable(path: string, script = ''): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  return path
}

test('Python goes before its files, its modules and its options only', async () => {
  const dir = tempDir()
  writeFileSync(join(dir, 'my train.py'), '')
  const files = { me, workDir: dirname(dir) }
  expect(
    await pythonProgram(files, {
      entrypoint: ['my train.py', 2],
      entrypointArgs: { maxRounds: 3 },
      cwd: dir,
      python: '/py',
      codes: 'FLOW_X',
    }),
  ).toEqual(['/py', 'my train.py', '2', '--max-rounds=3'])
  expect(await program('-m app.train', { maxRounds: 3 })).toEqual(['/py', '-m', 'app.train', '--max-rounds=3'])
  expect(await program('-c "print(1)"')).toEqual(['/py', '-c', 'print(1)'])
  expect(await program('python -m app "x y"')).toEqual(['python', '-m', 'app', 'x y'])
  expect(await program(['./my program', 1])).toEqual(['./my program', '1'])
})

test('a Python file that is not there is told before anything starts', async () => {
  for (const entrypoint of ['none.py --x 1', ['/none.py']]) {
    await expect(program(entrypoint)).rejects.toMatchObject({
      code: 'FLOW_X_PROGRAM_MISSING',
      message: expect.stringMatching(/none\.py was not found on node1$/),
    })
  }
})

test.for([[''], [[]], ["python 'x"]] as const)('%j is no program', async ([entrypoint]) => {
  await expect(program(entrypoint)).rejects.toMatchObject({ code: 'FLOW_X_PROGRAM_INVALID' })
})

test('python3 comes before python, and what may not be executed or lies beside the process is passed over', async () => {
  const dir = tempDir()
  const [first, second] = [join(dir, 'a'), join(dir, 'b')]
  mkdirSync(join(first, 'python3'), { recursive: true })
  const python = executable(join(first, 'python'))
  expect(await pythonOnPath({ PATH: `.:${first}` })).toBe(python)
  const python3 = executable(join(second, 'python3'))
  expect(await pythonOnPath({ PATH: `${first}:${second}` })).toBe(python3)
  expect(await findProgram(python3, {})).toBe(python3)
  expect(await findProgram('python3', { PATH: 'b' })).toBeUndefined()
})

test("a launcher's main() has its arguments, its name and its exit status; Python's collector is at work in it", () => {
  const dir = tempDir()
  const main = `import gc, sys
def main():
    print(sys.argv, gc.isenabled(), gc.get_freeze_count() > 0)
    return 3
`
  writeFileSync(join(dir, 'mylaunch.py'), main)
  const end = spawnSync('python3', [...pythonLauncher('mylaunch', 'my'), '--n', 'a  b'], { cwd: dir, encoding: 'utf8' })
  expect([end.status, end.stdout, end.stderr]).toEqual([3, "['my', '--n', 'a  b'] True True\n", ''])
})

test('a framework in the folder of a virtual environment is found without a start of its Python', async () => {
  const dir = tempDir()
  const python3 = executable(join(dir, 'bin/python3'), 'exit 1')
  const context = {
    me,
    env: { PATH: join(dir, 'bin') },
    exec: () => Promise.resolve({ exitCode: 1, stderr: '' } as ProgramResult),
  }
  const options = { module: 'torch', title: 'PyTorch', codes: 'FLOW_X', pypi: '@pypi(...)' }
  const module = join(dir, 'lib/python3.11/site-packages/torch')
  mkdirSync(module, { recursive: true })
  writeFileSync(join(module, '__init__.py'), '')
  await expect(findPython(context, options)).rejects.toMatchObject({ code: 'FLOW_X_MISSING' })
  writeFileSync(join(dir, 'pyvenv.cfg'), '')
  expect(await findPython(context, options)).toBe(python3)
  await expect(findPython(context, { ...options, module: 'other' })).rejects.toMatchObject({ code: 'FLOW_X_MISSING' })
})

test('a framework is looked for in the Python that comes first', async () => {
  const dir = tempDir()
  const python3 = executable(join(dir, 'python3'), '[ "$1" = -c ] && [ "$3" = torch ]')
  const context = (path: string) => ({
    me,
    env: { PATH: path },
    exec: ([file = '', ...args]: readonly string[]) => {
      const { status, stderr } = spawnSync(file, args, { encoding: 'utf8' })
      return Promise.resolve({ exitCode: status, stderr } as ProgramResult)
    },
  })
  const options = { title: 'PyTorch', codes: 'FLOW_X', pypi: '@pypi(...)' }
  expect(await findPython(context(dir), { ...options, module: 'torch' })).toBe(python3)
  await expect(findPython(context(dir), { ...options, module: 'other' })).rejects.toMatchObject({
    code: 'FLOW_X_MISSING',
    message: `${python3} has no PyTorch (node1)`,
    fix: expect.stringContaining('@pypi(...)'),
  })
  await expect(findPython(context('/none'), { ...options, module: 'torch' })).rejects.toMatchObject({
    code: 'FLOW_X_MISSING',
    message: 'There is no python3 on the PATH of this step (node1)',
  })
})
