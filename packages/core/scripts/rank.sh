# shellcheck shell=sh
# Runs one rank of a parallel program on a node, and tells the node's agent when it starts and how it ends: a launcher
# such as mpirun says neither who failed first nor with which status.
#
#   sh rank.sh LAUNCH CONTROL_NODE_DIR PROGRAM [ARGUMENT...]
#
# CONTROL_NODE_DIR stands in where the launcher lost the node's own FLOW_NODE_DIR (mpirun forks ranks itself on control).
#
# What the agent has to do, in the directory D = $FLOW_NODE_DIR:
# - hold the FIFO D/events open, read and write, for as long as ranks may run;
# - before the launch: make D/launch.LAUNCH (0700) with the file `env`, POSIX shell text that exports the rank's
#   environment and changes to its working directory (`export K='v'` ..., last line `cd 'DIR' || exit 126`);
# - on the line `start LAUNCH RANK PID`: open D/launch.LAUNCH/RANK.out and RANK.err for reading without blocking
#   (O_RDONLY | O_NONBLOCK). The program starts when both are open, so no byte is lost. Leave the two names in place
#   until the rank has ended: `>` of the shell would make a plain file in the place of one that went away too early;
# - on the line `exit LAUNCH RANK STATUS`: the rank has ended. STATUS above 128 is a signal's number plus 128; 127 and
#   126 with `exec: ...` at the end of its stderr say that the program was not found, or cannot be executed.
#
# PID is the program's own. This wrapper sits in the same process group: launchers signal the whole group, so nothing is
# relayed (relaying would deliver twice); the empty traps keep it alive until the program has ended and is reported.
# The program runs in the foreground: it keeps its standard input, and SIGINT is not ignored in it, as it would be with
# `&`. A wrapper that is killed with SIGKILL writes no `exit`: the end of PID says it then. If the program had not opened
# its FIFOs by that time they have no end; the agent brings it about by opening them for writing (O_WRONLY | O_NONBLOCK)
# and closing them again, once PID is gone.

launch=$1
dir=${FLOW_NODE_DIR:-$2}
shift 2
rank=${FLOW_RANK:-${OMPI_COMM_WORLD_RANK:-${PMIX_RANK:-${PMI_RANK:-${RANK:-0}}}}}
here=$dir/launch.$launch

trap : TERM INT HUP QUIT USR1 USR2
. "$here/env"
# Launchers that start a rank again give it the same number.
rm -f "$here/$rank.out" "$here/$rank.err"
mkfifo -m 600 "$here/$rank.out" "$here/$rank.err" || exit 126

# Without this the shell's own `Segmentation fault` would go to the launcher's output.
exec 2>/dev/null
(
  # The redirection is the subshell's own, so /proc/self is the process that `exec` turns into the program.
  if [ -r /proc/self/stat ]; then read -r pid _ </proc/self/stat; else pid=$(exec sh -c 'echo "$PPID"'); fi
  printf 'start %s %s %s\n' "$launch" "$rank" "$pid" >"$dir/events"
  exec >"$here/$rank.out" 2>"$here/$rank.err"
  exec "$@"
)
status=$?
printf 'exit %s %s %s\n' "$launch" "$rank" "$status" >"$dir/events"
exit "$status"
