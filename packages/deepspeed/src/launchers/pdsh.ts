import { mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { findProgram, FlowError } from '@flow/core'
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
  return ctx.launch({
    async command({ launchAgent, onNode, rank, dir }) {
      const bin = join(dir, 'bin')
      const callers = join(dir, 'callers')
      await Promise.all([mkdir(bin), mkdir(callers)])
      await writeFile(join(bin, 'ssh'), sshFor(ssh ?? launchAgent, callers), { mode: 0o700 })
      const env = ['env', `PATH=${bin}${delimiter}${ctx.env['PATH'] ?? ''}`, 'PDSH_RCMD_TYPE=ssh']
      // -S: the worst status of the nodes is its own.
      const own = ['-S', '-f', String(hosts.length), '-w', hosts.map(({ name }) => name).join(',')]
      const before = ssh === undefined ? '' : onNode
      const command = `node_rank=%n; ${`${before}${nodeCommand(input, rank)}`.replaceAll('%', '%%')}`
      return [...env, program, ...own, ...given.launcherArgs, command]
    },
    env: ctx.env,
    nodeEnv: launcherEnvironment(input),
    options,
  })
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
