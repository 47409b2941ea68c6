"""Models whose cost is known, run inside real workers by the tests of `rung profile`. Holds no tests."""

import threading

import numpy as np

from rung.runtime.errors import InvalidInput
from rung.runtime.model import Error, Result
from rung.runtime.tasks import ComputeInput, ComputeOutput, pixels_of

MIB = 2**20
RESIDENT, WORKING, PER_PIXEL = 64 * MIB, 32 * MIB, 8


class Grows:
    """64 MiB when loaded; a call takes 32 MiB and 8 bytes a pixel on top of that."""

    def load(self, context):
        self.weights = np.ones(RESIDENT, np.uint8)
        self.too_large = context.options.get("too_large", 0)

    def example(self, pixels=None):
        side = round((pixels or 10_000) ** 0.5)
        return ComputeInput(function="", arguments={"picture": np.zeros((side, side), np.uint8)})

    def run(self, calls):
        for index, call in enumerate(calls):
            pixels = pixels_of(call.input)
            if self.too_large and pixels > self.too_large:
                yield index, Error(InvalidInput("the picture is too large for me"))
                continue
            call.memo("kept:picture", lambda: 1)
            taken = np.ones(WORKING + PER_PIXEL * pixels, np.uint8)
            yield index, Result(ComputeOutput(value=int(taken[-1])))


def no_example(input, call):
    return ComputeOutput(value=0)


def heavy(task, pixels=None):
    """An app's hungriest work."""
    assert task == "compute"
    side = round((pixels or 10_000) ** 0.5)
    return ComputeInput(function="heavy", arguments={"picture": np.zeros((side, side), np.uint8)})


def works_for_apps(input, call):
    """Takes 8 bytes a pixel for what it knows, and has no example of its own."""
    taken = np.ones(WORKING + PER_PIXEL * pixels_of(input), np.uint8)
    return ComputeOutput(value=input.function == "heavy" and int(taken[-1]))


class Crowds:
    """A call takes 8 bytes a pixel by itself, and twice that while another one runs beside it. The first `alone` calls
    are alone; the others wait for each other, so that they surely run at one time."""

    def load(self, context):
        self.weights = np.ones(RESIDENT, np.uint8)
        self.alone = context.options["alone"]
        self.meeting = threading.Barrier(2, timeout=20)

    example = Grows.example

    def run(self, calls):
        for index, call in enumerate(calls):
            self.alone -= 1
            beside = self.alone < 0
            if beside:
                self.meeting.wait()
            taken = np.ones(PER_PIXEL * pixels_of(call.input) * (1 + beside), np.uint8)
            if beside:
                self.meeting.wait()
            yield index, Result(ComputeOutput(value=int(taken[-1])))
