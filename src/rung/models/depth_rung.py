"""What the rungs of `depth` share: a net's map as the task's answer, and the flat one where the net failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol, TypeVar

import numpy as np

from rung.models.focal import focal_of
from rung.models.geometry.camera import DepthMap, Focal, flat
from rung.runtime.errors import ModelFailed
from rung.runtime.model import Call, Outcome, Result
from rung.runtime.tasks import DepthInput, DepthOutput, Picture
from rung.runtime.workers.foreign import foreign

LEAST: Final = 0.05
"""Share of the picture below which a map says nothing."""


T = TypeVar("T")


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
            yield index, Result(told(call, self._map(call.input.picture, call.input.focal_px)))

    def _map(self, picture: Picture, given: float | None) -> DepthMap | None:
        focal = focal_of(picture, given)
        return unless_it_fails(lambda: self._net.map(picture, focal))


def unless_it_fails(see: Callable[[], T]) -> T | None:
    """What the depth net sees; None where its code raised: the traceback stands in the worker's log.

    Raises OutOfMemory for whatever says that memory is short, and every RungError of ours (Cancelled, InvalidInput).
    """
    try:
        with foreign(ModelFailed, "The depth net"):
            return see()
    except ModelFailed:
        return None


def told(call: Call[DepthInput], map: DepthMap | None) -> DepthOutput:
    """The map as the task's output; a net that failed (None: it raised) gives a flat one that says so."""
    picture = call.input.picture
    if map is None or map.valid.mean() < LEAST:
        why = "failed on" if map is None else "found no depth in"
        call.warn(f"the depth net {why} this picture: all is given as equally far, and no length in it is metric")
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
