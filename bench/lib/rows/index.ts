import type { Row } from '../row.ts'
import type { Workplace } from '../workplace.ts'
import { deathRows } from './death.ts'
import { frameworkRows } from './frameworks.ts'
import { mpiHelloRow } from './mpi-hello.ts'
import { sideBySideRows } from './side-by-side.ts'
import { simulatedJoinRow } from './simulated-join.ts'

/** All rows, in the order of the table. */
export function allRows(workplace: Workplace): readonly Row[] {
  const [steps, gang, ...others] = sideBySideRows(workplace)
  return [
    steps,
    gang,
    mpiHelloRow(workplace),
    ...others,
    ...deathRows(workplace),
    ...frameworkRows(workplace),
    simulatedJoinRow(workplace),
  ].filter(row => row !== undefined)
}
