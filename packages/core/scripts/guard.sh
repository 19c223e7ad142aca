#!/bin/sh
# Ends the single tasks of a run when `flow run` is gone without having ended them: killed, or told twice to stop. A body
# sees that end itself, but not one that blocks, and not what it started.
#
#   guard.sh FENCE
#
# stdin   its end means that the orchestrator is gone; one that ends in order kills this script before
# FENCE   processes of the tasks have FLOW_FENCE=FENCE.<number> in their environment, and are in the cgroup
#         flow-FENCE.<number> where one could be made; their directories say it in `owner`
fence=$1
. "${0%/*}/cgroup.sh"
cgroups=${cgroup_parent:+$cgroup_parent/flow-$fence.*}
members() {
  grep -lzs "^FLOW_FENCE=$fence\." /proc/[0-9]*/environ | cut -d/ -f3
  [ -z "$cgroups" ] || cgroup_members $cgroups
}

read -r _
found=$(members)
if [ -n "$found" ]; then
  kill -TERM $found 2>/dev/null
  sleep 1
  for round in 1 2 3 4 5 6 7 8 9 10; do
    found=$(members)
    [ -n "$found" ] || break
    kill -KILL $found 2>/dev/null
  done
fi
[ -z "$cgroups" ] || remove_cgroups $cgroups
for owner in $(grep -ls "\"$fence\\." /tmp/flow-*/owner); do rm -rf "${owner%/owner}"; done
