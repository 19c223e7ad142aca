# shellcheck shell=sh
# Stands where a launcher (mpirun, mpiexec) expects `ssh`: asks control's agent to start a daemon on a node, lives as
# long as that daemon, and ends with its status. No SSH, no Node process: 1 ms each.
#
# It is sourced by a small executable, made for each launch by the agent, whose whole text is
#
#   #!/bin/sh
#   launch='ID' dir='CONTROL_NODE_DIR'
#   . '/path/to/launch-agent.sh'
#
# and whose path has no space and no colon. Launchers call it as (all tried)
#
#   Open MPI 4      HOST WORD...            Open MPI 5   HOST 'ENV=...;export ...;/.../prted ...'
#   MPICH (Hydra)   -x HOST WORD...         Intel MPI    -q -x HOST WORD...
#
# The words joined by spaces are a command for `sh -c`, as with ssh; they are never quoted again.
#
# What the agent has to do, in the directory L = CONTROL_NODE_DIR/launch.ID (CONTROL_NODE_DIR/events is its FIFO):
# - on `daemon ID KEY HOST`: read the command from L/daemon.KEY; open L/reply.KEY for writing and keep it open; start
#   `sh -c COMMAND` on HOST with that node's own environment; write the line `started`; when the daemon ends write
#   `exit STATUS` (a signal as 128 + its number) and close. HOST is what the hostfile said. When it is no node of the
#   gang, or the daemon cannot start, write `exit 255` at once, never 0: Open MPI 4 would wait for ever;
# - on `signal ID KEY NAME` (TERM, INT or HUP): send it to that daemon's process group;
# - on `eof ID KEY`: the launcher has closed its end of our standard input (Hydra's way to let its proxies go): end the
#   daemon's standard input. Never sent when that input is not a pipe or socket (Open MPI gives /dev/null).
#
# Who ends a wait here: the agent's answer; the agent's death (the reply FIFO has lost its only writer); before
# `started` the node's supervisor, which kills what carries the attempt's marker.

while :; do
  case $1 in
    -l | -p | -o | -i | -F) shift 2 ;;
    -*) shift ;;
    *) break ;;
  esac
done
host=$1
shift
here=$dir/launch.$launch
reply=$here/reply.$$

tell() { printf '%s %s %s %s\n' "$1" "$launch" "$$" "$2" >"$dir/events"; }
relay() { signalled=1 && tell signal "$1"; }
trap 'relay TERM' TERM
trap 'relay INT' INT
trap 'relay HUP' HUP

printf '%s\n' "$*" >"$here/daemon.$$" && mkfifo -m 600 "$reply" || exit 255
# Open for reading and writing until the agent has answered: such an open never blocks.
exec 3<>"$reply"
tell daemon "$host"

watcher=
if [ -p /dev/fd/0 ] || [ -S /dev/fd/0 ]; then
  exec 4<&0
  (
    trap - TERM INT HUP
    exec 3<&-
    while read -r _; do :; done
    printf 'eof %s %s\n' "$launch" "$$" >"$dir/events"
  ) <&4 >/dev/null 2>&1 &
  watcher=$!
fi

# `read` fails when a signal came (its trap has run then), and when the FIFO has ended.
word=
while [ -z "$word" ]; do read -r word status <&3; done
if [ "$word" = started ]; then
  # From here on the agent is the only writer.
  exec 5<"$reply" 3<&-
  word=
  signalled=1
  while [ -z "$word" ] && [ -n "$signalled" ]; do
    signalled=
    read -r word status <&5 || :
  done
fi
[ -n "$watcher" ] && kill "$watcher" 2>/dev/null
[ "$word" = exit ] || status=255
exit "$status"
