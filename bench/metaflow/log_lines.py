from metaflow import FlowSpec, step

LINES = 100_000


class LogLines(FlowSpec):
    """One step that prints a lot."""

    @step
    def start(self):
        for i in range(LINES):
            print(f"line {i} of a program that likes to talk about what it is doing")
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    LogLines()
