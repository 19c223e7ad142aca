# Two workers by hand, on this one machine. The second's port is beside the first's.
port=$1
workers="[\"127.0.0.1:$port\", \"127.0.0.1:$((port + 1))\"]"
for node in 0 1; do
  TF_CONFIG="{\"cluster\": {\"worker\": $workers}, \"task\": {\"type\": \"worker\", \"index\": $node}}" \
    TF_CPP_MIN_LOG_LEVEL=2 python tensorflow_reduce.py &
  pids="$pids $!"
done
for pid in $pids; do wait "$pid" || exit 1; done
