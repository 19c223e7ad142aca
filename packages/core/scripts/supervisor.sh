#!/bin/sh
# The outermost process of a node: starts the agent, outlives it, and leaves nothing behind.
#
#   supervisor.sh NODE_DIR FENCE GRACE ORCHESTRATOR COMMAND...
#
# stdin/stdout  the orchestrator link, handed on to the agent
# descriptor 3  the lifeline: its end means that the orchestrator is gone
# NODE_DIR      made here, removed here
# FENCE         every process of the attempt has FLOW_FENCE=FENCE in its environment, and is in the cgroup flow-FENCE
#               where one can be made (the agent too); what is left of both when the agent has ended is killed
# GRACE         seconds the agent gets to end after the lifeline broke
# ORCHESTRATOR  process id of who started this. Not $PPID: of one that was gone before this shell began that is 1
umask 077
# For this script's own tools, whatever the step's PATH is: programs of the node get theirs from the agent.
PATH=${PATH:+$PATH:}/usr/bin:/bin
dir=$1 fence=$2 grace=$3 orchestrator=$4
shift 4
. "${0%/*}/cgroup.sh"
cgroup=${cgroup_parent:+$cgroup_parent/flow-$fence}
mkdir -p "$dir" $cgroup 2>/dev/null
mkfifo "$dir/events" || {
  [ -z "$cgroup" ] || rmdir "$cgroup"
  exit 70
}
exec 4<&0

"$@" <&4 3<&- 4<&- &
agent=$!

{
  # The watcher owns nothing but this wait; `sleep` is its child and dies with it.
  trap 'kill "$nap" 2>/dev/null; exit 0' TERM
  read -r _ <&3
  kill -TERM "$agent" 2>/dev/null
  sleep "$grace" &
  nap=$!
  wait "$nap"
  kill -KILL "$agent" 2>/dev/null
} </dev/null >/dev/null 4<&- &
watcher=$!
exec 4<&- 3<&- </dev/null
# The shell says of a child that it was killed; where `flow run` is gone nobody reads that any more.
trap '' PIPE

# A signal ends a wait too, with a status of its own.
trap 'signalled=1; kill -TERM "$agent" 2>/dev/null' TERM INT HUP
# It has not started anything yet, and makes sure of its cgroup before it does: it need not wait for the kernel here.
[ -z "$cgroup" ] || echo "$agent" 2>/dev/null >"$cgroup/cgroup.procs"
while :; do
  signalled=
  wait "$agent"
  status=$?
  [ -n "$signalled" ] || break
done

# Exit 0 says that the agent itself saw its fence empty.
if [ "$status" -ne 0 ] && [ -d /proc/self ]; then
  [ -z "$cgroup" ] || echo 1 2>/dev/null >"$cgroup/cgroup.kill"
  for round in 1 2 3 4 5 6 7 8 9 10; do
    members=$(
      grep -lzs "^FLOW_FENCE=$fence\$" /proc/[0-9]*/environ | cut -d/ -f3
      [ -z "$cgroup" ] || cgroup_members "$cgroup"
    )
    [ -n "$members" ] || break
    kill -KILL $members 2>/dev/null
  done
fi
kill -TERM "$watcher" 2>/dev/null
rm -rf "$dir"
[ -z "$cgroup" ] || remove_cgroups "$cgroup"

# Whether a process is dead and not buried.
is_zombie() {
  while read -r name state _; do
    [ "$name" != State: ] || break
  done 2>/dev/null <"/proc/$1/status"
  [ "$state" = Z ]
}
# The orchestrator removes the attempt's directory; when it is gone, or dead and not buried, the last node does.
if ! kill -0 "$orchestrator" 2>/dev/null || is_zombie "$orchestrator"; then
  attempt=$(dirname "$dir")
  rm -f "$attempt/owner" "$attempt/rank.sh" "$attempt/control" "$attempt"/agent.*
  # Another node's directory in the place of control's, which is on another machine.
  [ ! -h "$attempt/0" ] || rm -f "$attempt/0"
  rmdir "$attempt" 2>/dev/null
fi
exit "$status"
