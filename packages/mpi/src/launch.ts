import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ControlContext, ProgramOptions, ProgramResult, RosterEntry, Words } from '@flow/core'
import { launcherEnvironment } from './environment.js'
import { flavours, type Installation, type LaunchInput } from './flavours/index.js'
import { readArguments } from './launcher-arguments.js'
import { networkOf } from './network.js'
import { useSsh } from './ssh-agent.js'

/** What {@link launchMpi} starts, and how. */
export interface MpiLaunchOptions extends ProgramOptions {
  /** The MPI, as `detectMpi` found it. */
  readonly installation: Installation
  /** Default 'mpirun'. */
  readonly launcher?: 'mpirun' | 'mpiexec' | undefined
  /** Words for the launcher. Hosts or a number of ranks among them win over what is set here. */
  readonly args?: Words | undefined
  /** Words of each rank's program, taken as they are. */
  readonly program: readonly string[]
  /** The nodes and how many ranks each takes. Default: all of the gang, with their slots. */
  readonly hosts?: readonly Pick<RosterEntry, 'name' | 'slots'>[] | undefined
  /** Path of the `ssh` of the gang's mesh (`sshMesh` of @flow/ssh), to reach other nodes by it. Default: no SSH. */
  readonly ssh?: string | undefined
}

/**
 * Runs a program by the mpirun of control over the nodes of the gang, without SSH unless asked: for extensions whose framework starts
 * its ranks by MPI. What became of it is a result, a failure too (`programFailure` of core makes an error of it).
 *
 * @example
 * async function run(ctx: ControlContext, program: readonly string[]): Promise<ProgramResult> {
 *   return launchMpi(ctx, { installation: await detectMpi(ctx), program })
 * }
 */
export async function launchMpi(
  ctx: ControlContext,
  { installation, launcher = 'mpirun', args = [], program, hosts = ctx.roster, ssh, ...options }: MpiLaunchOptions,
): Promise<ProgramResult> {
  const own = args.map(String)
  const given = readArguments(own)
  const { roster, dir: nodeDir } = ctx
  const flavour = flavours[installation.flavour]
  const env = launcherEnvironment(ctx.env, options.env)
  const input: LaunchInput = { installation, launcher, roster, network: networkOf(roster), nodeDir, env }
  const result = await ctx.launch({
    command: async offered => {
      // Who names hosts does so by their names in the roster.
      const tools = given.saysHosts ? { ...offered, host: (name: string) => name } : offered
      if (ssh !== undefined) await useSsh(ssh, tools)
      const prepared = await flavour.prepare(input, tools)
      const command = [join(installation.bin, launcher), ...prepared.args]
      if (!given.saysHosts) {
        const path = join(tools.dir, 'hostfile')
        await writeFile(
          path,
          hosts.map(({ name, slots }) => `${flavour.hostLine({ name: tools.host(name), slots })}\n`).join(''),
        )
        command.push(...flavour.hostfile(path))
      }
      if (!given.saysRanks) command.push('-n', String(hosts.reduce((sum, host) => sum + host.slots, 0)))
      return [...command, ...own, ...(prepared.beforeRank ?? []), ...tools.rank, ...program]
    },
    env: flavour.env(input),
    nodeEnv: flavour.nodeEnv(input),
    options,
  })
  return { ...result, command: [launcher, ...own, ...program] }
}
