# A Ray cluster of two nodes by hand: a head and a worker, the program, and the end of both (by their own ids).
port=$1
# Short: Ray's sockets lie in it.
temp=$(mktemp -d)
end() {
  kill -TERM $nodes
  wait $nodes
  rm -rf "$temp"
}
trap end EXIT
ray start --head --block --disable-usage-stats --node-ip-address 127.0.0.1 --port "$port" --temp-dir "$temp" \
  --num-cpus 1 --dashboard-port 0 >/dev/null 2>&1 &
nodes=$!
until ray health-check --address "127.0.0.1:$port" >/dev/null 2>&1; do sleep 0.1; done
ray start --block --disable-usage-stats --node-ip-address 127.0.0.2 --address "127.0.0.1:$port" --num-cpus 1 \
  >/dev/null 2>&1 &
nodes="$nodes $!"
RAY_ADDRESS=127.0.0.1:$port python ray_tasks.py
