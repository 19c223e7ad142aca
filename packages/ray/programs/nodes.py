"""Waits until the nodes of the gang are in the Ray cluster, as Ray itself has it.

    python nodes.py

$FLOW_INPUT   {"addresses": [...], "timeoutMs": ...}
$FLOW_OUTPUT  [{"address", "id", "resources"}]: the nodes that are there, at the latest after the timeout

The address of the cluster is in RAY_ADDRESS. Ray tells nobody when a node joins, so its table is looked at: by the client
that `ray start` itself uses, as a driver's connection would take a second more.
"""

import json
import os
import time

from ray._raylet import GcsClient

ALIVE = 0


def main():
    given = json.load(open(os.environ["FLOW_INPUT"]))
    deadline = time.monotonic() + given["timeoutMs"] / 1000
    client = GcsClient(address=os.environ["RAY_ADDRESS"])
    while True:
        nodes = table(client)
        missing = set(given["addresses"]) - {node["address"] for node in nodes}
        if not missing or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    with open(os.environ["FLOW_OUTPUT"], "w") as output:
        json.dump(nodes, output)


def table(client):
    return [
        {"address": node.node_manager_address, "id": node_id.hex(), "resources": dict(node.resources_total)}
        for node_id, node in client.get_all_node_info(timeout=10).items()
        if node.state == ALIVE
    ]


if __name__ == "__main__":
    main()
    # An orderly end of Ray's client takes a tenth of a second, and has nothing to do.
    os._exit(0)
