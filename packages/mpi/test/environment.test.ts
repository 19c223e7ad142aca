import { expect, test } from 'vitest'
import { launcherEnvironment, withDefaults } from '../src/environment.js'

test("what another launcher left is not taken over; settings and the caller's own are", () => {
  const node = {
    PATH: '/bin',
    OMPI_COMM_WORLD_RANK: '3',
    PMIX_RANK: '3',
    PMI_RANK: '3',
    SLURM_JOBID: '7',
    OMPI_MCA_btl: 'tcp,self',
    PMIX_MCA_gds: 'hash',
    I_MPI_DEBUG: '5',
  }
  expect(launcherEnvironment(node, { PATH: undefined, MINE: '1' })).toEqual({
    OMPI_MCA_btl: 'tcp,self',
    PMIX_MCA_gds: 'hash',
    I_MPI_DEBUG: '5',
    MINE: '1',
  })
})

test('a default never replaces what is set', () => {
  expect(withDefaults({ a: '1' }, { a: '2', b: '3', c: undefined })).toEqual({ a: '1', b: '3' })
})
