from metaflow import FlowSpec, parallel, step

NODES = 4


class EmptyGang(FlowSpec):
    """Four steps that do nothing, one of them a gang."""

    @step
    def start(self):
        self.next(self.nodes, num_parallel=NODES)

    @parallel
    @step
    def nodes(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        assert len(list(inputs)) == NODES
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    EmptyGang()
