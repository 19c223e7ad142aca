from metaflow import FlowSpec, step

SIZE = 64


class Foreach(FlowSpec):
    """A foreach whose tasks do nothing but keep their element."""

    @step
    def start(self):
        self.items = list(range(SIZE))
        self.next(self.each, foreach="items")

    @step
    def each(self):
        self.item = self.input
        self.next(self.join)

    @step
    def join(self, inputs):
        assert sorted(task.item for task in inputs) == list(range(SIZE))
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    Foreach()
