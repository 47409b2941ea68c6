"""The overhead benchmark's models: bytes turned round, and a nap that is as long for eight as for one."""

from collections.abc import Iterator, Sequence

import numpy as np
from echo_work import nap

from rung.runtime.model import Call, Context, Outcome, Result
from rung.runtime.tasks import InpaintInput, InpaintOutput

ROWS = 683
"""Of 512 pixels: as many bytes as the pixels and the mask of the input together, rounded up."""


class Echo:
    """Every byte of the pixels and of the mask from 255. The task has no raw bytes: they come as a picture of 512 x
    512 with its mask (1 MiB) and go as one of 683 x 512 (1 MiB and 512 bytes)."""

    def load(self, context: Context) -> None:
        pass

    def run(self, calls: Sequence[Call[InpaintInput]]) -> Iterator[tuple[int, Outcome]]:
        for index, call in enumerate(calls):
            pixels, mask = call.input.pixels, call.input.mask
            out = call.empty((ROWS, 512, 3), np.uint8)
            flat, cut = out.reshape(-1), pixels.size
            np.subtract(255, pixels.reshape(-1), out=flat[:cut])
            np.subtract(255, mask.reshape(-1), out=flat[cut : cut + mask.size])
            flat[cut + mask.size :] = 0
            yield index, Result(InpaintOutput(pixels=out))


class Wait:
    """A batch takes one nap. The number is the first byte of the pixels."""

    def load(self, context: Context) -> None:
        pass

    def run(self, calls: Sequence[Call[InpaintInput]]) -> Iterator[tuple[int, Outcome]]:
        for index, found in enumerate(nap([int(call.input.pixels[0, 0, 0]) for call in calls])):
            yield index, Result(InpaintOutput(pixels=np.full((1, 1, 3), found, np.uint8)))
