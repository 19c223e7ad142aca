import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ProgramResult } from '@flow/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { detectMpi, programOf } from '../src/detect.js'

let root = ''
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'flow-detect-'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** A directory with programs of these names; each prints `says`. A name 'a -> b' is a link. */
function bin(name: string, programs: readonly string[], says = ''): string {
  const dir = join(root, name)
  mkdirSync(dir)
  for (const program of programs) {
    const [link = '', target] = program.split(' -> ')
    if (target === undefined) writeFileSync(join(dir, link), `#!/bin/sh\nprintf '%s\\n' '${says}'\n`, { mode: 0o755 })
    else symlinkSync(target, join(dir, link))
  }
  return dir
}

const detect = (path: string) =>
  detectMpi({
    env: { PATH: path },
    exec: command =>
      new Promise<ProgramResult>(resolve => {
        execFile(command[0] ?? '', command.slice(1), (_, stdout, stderr) =>
          resolve({
            command,
            exitCode: 0,
            signal: null,
            durationMs: 0,
            timedOut: false,
            isCanceled: false,
            ranks: [],
            stdout,
            stderr,
            output: undefined,
          }),
        )
      }),
  })

test.each([
  ['openmpi4', ['orterun', 'mpirun -> orterun']],
  ['openmpi5', ['mpirun', 'prterun', 'prted']],
  ['mpich', ['mpirun', 'mpiexec.hydra', 'hydra_pmi_proxy']],
  ['intel', ['mpirun', 'hydra_pmi_proxy', 'hydra_bstrap_proxy']],
])('%s, by the names around mpirun', async (flavour, programs) => {
  const dir = bin(`names-${flavour}`, programs)
  expect(await detect(`/no/such/dir:${dir}`)).toMatchObject({ flavour, bin: dir })
})

test.each([
  ['openmpi4', 'mpirun (Open MPI) 4.1.4'],
  ['openmpi5', 'mpirun (Open MPI) 5.0.11'],
  ['mpich', 'HYDRA build details:'],
  ['intel', 'Intel(R) MPI Library for Linux* OS, Version 2021.18.1'],
])('%s, by what it says', async (flavour, says) => {
  expect(await detect(bin(`says-${flavour}`, ['mpirun'], says))).toMatchObject({ flavour })
})

test('the first on the PATH counts', async () => {
  const first = bin('first', ['orterun', 'mpirun -> orterun'])
  const second = bin('second', ['mpirun', 'prterun'])
  expect(await detect(`${second}:${first}`)).toMatchObject({ flavour: 'openmpi5' })
})

test('none, an unknown one, and one without compilers are coded errors', async () => {
  await expect(detect('/no/such/dir')).rejects.toMatchObject({ code: 'FLOW_MPI_MISSING' })
  await expect(detect(bin('unknown', ['mpirun'], 'Some MPI 1.0'))).rejects.toMatchObject({ code: 'FLOW_MPI_UNKNOWN' })
  const found = await detect(bin('bare', ['mpirun', 'prterun', 'mpicxx']))
  await expect(programOf(found, ['mpicc'])).rejects.toMatchObject({ code: 'FLOW_MPI_MISSING' })
  await expect(programOf(found, ['mpic++', 'mpicxx'])).resolves.toBe(join(found.bin, 'mpicxx'))
})
