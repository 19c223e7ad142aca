# shellcheck shell=sh
# One rank of the conformance kit's program, as sh:
#
#   sh conformance-rank.sh HOW DIR RANKS
#
# DIR is shared by all ranks and the kit. Each rank says there that it runs (rank-N, its process id in it) and that SIGTERM
# came (sigterm-N): the kit takes the files' times. When all RANKS run, the last one does what HOW says, and says so before
# (failed-N); with `ok` all of them end, else the others wait until they are stopped.
#
# What is written when SIGTERM came starts no program: SIGTERM comes to that as well.
how=$1 dir=$2 ranks=$3
rank=${OMPI_COMM_WORLD_RANK:-${PMIX_RANK:-${PMI_RANK:-${FLOW_RANK:-${RANK:-0}}}}}

note() { echo $$ >"$dir/$1-$rank"; }
trap 'note sigterm; exit 143' TERM
# A launcher that is killed may hang up on its ranks (mpirun gives them a terminal): that is not what is asked here.
trap '' HUP
note rank

left=1200
while set -- "$dir"/rank-*; [ $# -lt "$ranks" ]; do
  [ $((left -= 1)) -gt 0 ] || exit 70
  sleep 0.05
done
[ "$how" != ok ] || exit 0
if [ "$how" != wait ] && [ "$rank" = $((ranks - 1)) ]; then
  echo "last words of rank $rank" >&2
  note failed
  case $how in
    exit) exit 3 ;;
    kill) kill -KILL $$ ;;
    raise) echo 'RuntimeError: raised on purpose' >&2 && exit 1 ;;
  esac
fi
# `wait` ends when a signal comes; a `sleep` in the foreground would hold the trap back. The `sleep` may be the first to
# hear SIGTERM: its end is not the rank's.
for _ in 1 2 3 4; do
  sleep 15 &
  wait
done
