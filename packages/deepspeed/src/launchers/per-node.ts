import type { Launcher } from './launcher.js'
import { launcherEnvironment, nodeCommand } from './node-command.js'

/**
 * Starts a command on each node by the launch agent, and ends all when one ends badly. Its arguments: the agent, the
 * command, the nodes. What waits here are the agents (their daemons are the gang's own) and the reader of their statuses,
 * which ends with the last of them. Subshells forget traps, so each sets its own.
 */
const FAN_OUT = String.raw`
agent=$1 command=$2
shift 2
nodes=$#
trap : TERM INT HUP
exec 3>&1
{
  node_rank=0
  for node; do
    (
      trap : TERM INT HUP
      "$agent" "$node" "node_rank=$node_rank; $command" </dev/null >&3 3>&-
      echo "$?"
    ) &
    node_rank=$((node_rank + 1))
  done
} | {
  trap signalled=1 TERM INT HUP
  status=0
  while :; do
    signalled=
    if read -r one; then
      nodes=$((nodes - 1))
      [ "$one" = 0 ] || [ "$status" != 0 ] || { status=$one; kill -TERM 0; }
    elif [ -z "$signalled" ]; then
      break
    fi
  done
  [ "$nodes" = 0 ] || status=255
  exit "$status"
}
`

/** DeepSpeed's launcher on each node, started by the gang's own agents: what `deepspeed --no_ssh` does by hand. */
export const perNode: Launcher = input => {
  const { ctx, hosts, options } = input
  return ctx.launch({
    command({ launchAgent, rank }) {
      const command = nodeCommand(input, rank)
      return ['sh', '-c', FAN_OUT, 'deepspeed', launchAgent, command, ...hosts.map(({ name }) => name)]
    },
    env: ctx.env,
    nodeEnv: launcherEnvironment(input),
    options,
  })
}
