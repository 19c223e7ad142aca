# Two agents of torchrun by hand, each with two ranks, on this one machine.
port=$1
for node in 0 1; do
  python -m torch.distributed.run --nnodes 2 --node-rank $node --nproc-per-node 2 \
    --master-addr 127.0.0.1 --master-port "$port" torch_reduce.py &
  pids="$pids $!"
done
for pid in $pids; do wait "$pid" || exit 1; done
