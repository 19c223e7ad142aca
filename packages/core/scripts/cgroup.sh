# shellcheck shell=sh
# Sets `cgroup_parent` to the directory below which this process may make cgroups: its own cgroup, of v2 if it may be
# written, else of v1's freezer or pids; empty where there is none. src/process/cgroup.ts finds the same. The cgroup of
# an attempt is called flow-FENCE.
cgroup_parent=
while IFS=: read -r _ names path; do
  case $names in
    '') mounts='/sys/fs/cgroup /sys/fs/cgroup/unified' ;;
    freezer | pids) mounts=/sys/fs/cgroup/$names ;;
    *) continue ;;
  esac
  case $path in /..*) continue ;; /) path= ;; esac
  for mount in $mounts; do
    [ -w "$mount$path" ] && [ -w "$mount$path/cgroup.procs" ] || continue
    case ${cgroup_parent:-none}:$names in
      none:* | *: | */pids*:freezer) cgroup_parent=$mount$path ;;
    esac
  done
done 2>/dev/null </proc/self/cgroup

# Processes in these cgroups and below them; no 0, which stands for one that our PID namespace does not see: `kill` would
# take it for our own group.
cgroup_members() {
  find "$@" -name cgroup.procs -exec cat {} + 2>/dev/null | grep -vx 0
}

# Removes empty cgroups. Threads of a process that has ended may take a moment more: up to a second.
remove_cgroups() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    rmdir "$@" 2>/dev/null
    for one; do [ -d "$one" ] && break; done
    [ -d "$one" ] || return 0
    sleep 0.1
  done
}
