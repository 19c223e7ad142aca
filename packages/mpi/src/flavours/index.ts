import type { Flavour, FlavourName } from './flavour.js'
import { intelMpi } from './intel-mpi.js'
import { mpich } from './mpich.js'
import { openMpi4 } from './open-mpi-4.js'
import { openMpi5 } from './open-mpi-5.js'

export type { Flavour, FlavourName, Installation, LaunchInput } from './flavour.js'

export const flavours: Readonly<Record<FlavourName, Flavour>> = {
  openmpi4: openMpi4,
  openmpi5: openMpi5,
  mpich,
  intel: intelMpi,
}
