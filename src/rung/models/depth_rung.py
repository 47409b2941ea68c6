"""What the rungs of `depth` share: a net's map as the task's answer, and the flat one where the net failed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Protocol

import numpy as np

from rung.models.focal import focal_of
from rung.models.geometry.camera import DepthMap, Focal, flat
from rung.runtime.model import Call, Outcome, Result
from rung.runtime.tasks import DepthInput, DepthOutput, Picture

LEAST: Final = 0.05
"""Share of the picture below which a map says nothing."""


class DepthNet(Protocol):
    """A net, loaded."""

    def map(self, picture: Picture, focal: Focal) -> DepthMap:
        """The depth of the whole picture, with the focal length that was taken."""


class DepthRung:
    """Subclass it with a `load` that sets `_net`."""

    _net: DepthNet

    def run(self, calls: Sequence[Call[DepthInput]]) -> Iterator[tuple[int, Outcome]]:
        """A map per call."""
        for index, call in enumerate(calls):
            call.check()
            picture = call.input.picture
            yield index, Result(told(call, self._net.map(picture, focal_of(picture, call.input.focal_px))))


def told(call: Call[DepthInput], map: DepthMap) -> DepthOutput:
    """The map as the task's output; a net that failed gives a flat one that says so."""
    picture = call.input.picture
    if map.valid.mean() < LEAST:
        call.warn(
            "the depth net found no depth in this picture: all is given as equally far, and no length in it is metric"
        )
        map = flat(picture.width, picture.height)
    return DepthOutput(
        depth=map.depth,
        valid=np.where(map.valid, np.uint8(255), np.uint8(0)),
        metric=map.metric,
        focal_px=map.focal.px,
        focal_source=map.focal.source,
        width=picture.width,
        height=picture.height,
    )
