# DeepSpeed's own launcher by hand, once for each node, on this one machine.
port=$1
printf 'node0 slots=2\nnode1 slots=2\n' >"$2/hostfile"
export DS_ACCELERATOR=cpu OMP_NUM_THREADS=1
for node in 0 1; do
  deepspeed --no_ssh --node_rank $node --hostfile "$2/hostfile" --master_addr 127.0.0.1 --master_port "$port" \
    deepspeed_reduce.py &
  pids="$pids $!"
done
for pid in $pids; do wait "$pid" || exit 1; done
