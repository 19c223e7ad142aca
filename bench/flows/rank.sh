# rank.sh DIR RANKS: the last rank exits when all are listening, the others write down when SIGTERM came.
dir=$1
last=$(($2 - 1))
rank=${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-}}

trap 'date +%s%N >"$dir/sigterm-$rank"; exit 1' TERM
: >"$dir/listening-$rank"

if [ "$rank" = "$last" ]; then
  while [ "$(find "$dir" -name 'listening-*' | wc -l)" -lt "$2" ]; do sleep 0.02; done
  date +%s%N >"$dir/death-$rank"
  exit 3
fi
sleep 60 &
wait
