import { expect, test } from 'vitest'
import { nodeEnvironment } from '../../src/backends/remote/node-environment.js'

const env = {
  PATH: '/here/bin',
  HOME: '/home/here',
  OMP_NUM_THREADS: '2',
  VIRTUAL_ENV: '/here/env',
  SET: 'by the step',
}

test('where things are, the host itself says; the rest is as here', () => {
  const host = { PATH: '/there/bin', HOME: '/home/there' }
  expect(nodeEnvironment({ env, stepEnv: { SET: 'by the step' } }, host)).toEqual({
    PATH: '/there/bin',
    HOME: '/home/there',
    OMP_NUM_THREADS: '2',
    SET: 'by the step',
  })
})

test("the step's own variables win, and its Python comes first", () => {
  expect(
    nodeEnvironment({ env, stepEnv: { PATH: '/step/bin' }, pythonEnv: '/env' }, { PATH: '/there/bin' }),
  ).toMatchObject({
    PATH: '/env/bin:/step/bin',
    VIRTUAL_ENV: '/env',
  })
})
