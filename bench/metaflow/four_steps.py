from metaflow import FlowSpec, step


class FourSteps(FlowSpec):
    """Four steps that do nothing."""

    @step
    def start(self):
        self.next(self.first)

    @step
    def first(self):
        self.next(self.second)

    @step
    def second(self):
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    FourSteps()
