import os
import time

from metaflow import FlowSpec, step

SIZE = 256 * 1024 * 1024


class Artifact(FlowSpec):
    """An artifact that neither compresses nor was ever stored before."""

    @step
    def start(self):
        started = time.monotonic()
        self.data = os.urandom(SIZE)
        print(f"made the bytes in {round(1000 * (time.monotonic() - started))} ms")
        self.last = self.data[-1]
        self.next(self.end)

    @step
    def end(self):
        assert len(self.data) == SIZE and self.data[-1] == self.last


if __name__ == "__main__":
    Artifact()
