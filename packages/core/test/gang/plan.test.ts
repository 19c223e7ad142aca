import { expect, test } from 'vitest'
import { defaultPass, passedEnvironment } from '../../src/gang/plan.js'

test('an environment is passed by name, or by its beginning where the name ends with *', () => {
  const source = { PATH: '/bin', PATHS: 'no', LC_ALL: 'C', LC: 'no', EMPTY: '', GONE: undefined, MY_KEY: 'no' }
  expect(passedEnvironment(source, ['PATH', 'LC_*', 'EMPTY', 'GONE', 'MISSING'])).toEqual({
    PATH: '/bin',
    LC_ALL: 'C',
    EMPTY: '',
  })
  expect(passedEnvironment(source, [])).toEqual({})
  expect(Object.keys(passedEnvironment(source, ['*']))).toHaveLength(6)
})

test('credentials are not passed by default', () => {
  const secrets = [
    'AWS_SECRET_ACCESS_KEY',
    'GITHUB_TOKEN',
    'NPM_TOKEN',
    'SSH_AUTH_SOCK',
    'PGPASSWORD',
    'FLOW_HOME',
    'NODE_OPTIONS',
  ]
  expect(passedEnvironment(Object.fromEntries(secrets.map(name => [name, 'x'])), defaultPass)).toEqual({})
})

test('nothing that one launcher tells its ranks reaches the next one', () => {
  const ranks = { OMPI_COMM_WORLD_RANK: '3', PMIX_RANK: '3', PMI_RANK: '3', PRTE_LAUNCHED: '1', OMPI_MCA_btl: 'tcp' }
  expect(passedEnvironment(ranks, defaultPass)).toEqual({ OMPI_MCA_btl: 'tcp' })
})
