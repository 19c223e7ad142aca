import { mkdir, writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'
import { findProgram, FlowError, type LauncherEnd, type ProgramResult } from '@flow/core'
import type { Host } from '../hosts.js'
import { shellWords } from '../shell.js'
import type { Launcher } from './launcher.js'
import { launcherEnvironment, nodeCommand } from './node-command.js'

/** pdsh starts DeepSpeed's launcher on each node, by the SSH of the gang's mesh; without one its own agents answer. */
export const pdsh: Launcher = async input => {
  const { ctx, hosts, given, options, ssh } = input
  const program = await findProgram('pdsh', ctx.env)
  if (program === undefined) {
    throw new FlowError('FLOW_DEEPSPEED_LAUNCHER_MISSING', {
      message: 'There is no pdsh on the PATH of this step',
      fix: "apt-get install pdsh, or leave launcher out: 'perNode' needs nothing.",
    })
  }
  const result = await ctx.launch({
    async command({ launchAgent, onNode, rank, dir }) {
      const bin = join(dir, 'bin')
      const callers = join(dir, 'callers')
      await Promise.all([mkdir(bin), mkdir(callers)])
      await writeFile(join(bin, 'ssh'), sshFor(ssh ?? launchAgent, callers), { mode: 0o700 })
      const env = ['env', `PATH=${bin}${delimiter}${ctx.env['PATH'] ?? ''}`, 'PDSH_RCMD_TYPE=ssh']
      // -S: the worst status of the nodes is its own.
      const own = ['-S', '-f', String(hosts.length), '-w', hosts.map(({ name }) => name).join(',')]
      const launch = nodeCommand(input, rank)
      const text = ssh === undefined ? launch : `${onNode}${endsItsRanks(launch)}`
      const command = `node_rank=%n; ${text.replaceAll('%', '%%')}`
      return [...env, program, ...own, ...given.launcherArgs, command]
    },
    env: ctx.env,
    nodeEnv: launcherEnvironment(input),
    options,
  })
  return ssh === undefined ? result : { ...result, launcherEnd: result.launcherEnd ?? killedLauncher(result, hosts) }
}

const KILLED = 'the launcher of DeepSpeed was ended with status'

/**
 * Ranks whose launcher is killed hold its output open, and SSH would wait for its end: the shell that the launcher runs
 * under ends them, and says so. Without SSH the gang's own agents see it.
 */
function endsItsRanks(launch: string): string {
  return `trap : TERM; (${launch}); status=$?; [ "$status" -le 128 ] || { echo "${KILLED} $status" >&2; kill -TERM 0; }; exit "$status"`
}

/** The launcher that was killed by somebody else, where no rank had failed before, by what its shell said. */
function killedLauncher({ ranks, stderr }: ProgramResult, hosts: readonly Host[]): LauncherEnd | undefined {
  const said = new RegExp(`^(\\S+): ${KILLED} (\\d+)$`, 'm').exec(stderr)
  const host = hosts.find(({ name }) => name === said?.[1])
  if (host === undefined || ranks.some(rank => rank.exitCode !== 0 && rank.signal !== 'SIGTERM')) return undefined
  const number = Number(said?.[2]) - 128
  const signal = Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`
  return { what: 'launcher daemon', node: host.index, exitCode: null, signal }
}

/**
 * The `ssh` that pdsh calls, once for each node, in a process group of its own. pdsh waits for the others when one ends
 * badly; this one ends them. (It has no `wait`: pdsh blocks SIGCHLD, for which dash would wait.)
 */
function sshFor(starter: string, callers: string): string {
  return String.raw`#!/bin/sh
callers=${shellWords([callers])}
trap : TERM INT HUP
: >"$callers/$$"
${shellWords([starter])} "$@" </dev/null
status=$?
rm "$callers/$$"
[ "$status" = 0 ] || for group in "$callers"/*; do kill -TERM -- "-$(basename "$group")" 2>/dev/null; done
exit "$status"
`
}
