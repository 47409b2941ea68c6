"""Owns how any SAM answers a click: one embedding per picture, kept; per click only the decoder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from rung.models import sam_frame
from rung.models.pictures import decode
from rung.models.sam_frame import Floats, Frame
from rung.runtime.errors import RungError
from rung.runtime.model import Call, Error, Outcome, Result
from rung.runtime.tasks import SegmentInput, SegmentOutput

E = TypeVar("E")


@dataclass(frozen=True, slots=True, kw_only=True)
class Net(Generic[E]):
    """What differs between the families.

    frame: (width, height) of the picture -> how it lies in the frame.
    encode: f32 [1, 3, 1024, 1024] -> an embedding.
    decode: (embedding, coords [1, N, 2], labels [1, N]) -> (logits [M, 256, 256], predicted IoU [M]).
    pick: (input, predicted IoU [M]) -> which mask to answer with.
    pads: the decoder adds the padding point itself.
    """

    variant: str
    frame: Callable[[int, int], Frame]
    encode: Callable[[Floats], E]
    decode: Callable[[E, Floats, Floats], tuple[Floats, Floats]]
    pick: Callable[[SegmentInput, Floats], int]
    pads: bool = False


def run(net: Net[Any], calls: Sequence[Call[SegmentInput]]) -> Iterator[tuple[int, Outcome]]:
    """One answer per call; a call that fails does not take the others with it."""
    for index, call in enumerate(calls):
        try:
            yield index, Result(answer(net, call))
        except RungError as error:
            yield index, Error(error)


def answer(net: Net[Any], call: Call[SegmentInput]) -> SegmentOutput:
    """The mask of the object that is meant. On a picture seen before, it is not even decoded."""
    picture = call.input.picture
    frame = net.frame(picture.width, picture.height)
    call.check()
    embedding = call.memo(
        f"embedding:{picture.key}:{net.variant}",
        lambda: net.encode(sam_frame.tensor(decode(picture, max_side=frame.decode_side), frame)),
    )
    call.check()
    logits, scores = net.decode(embedding, *sam_frame.prompt(call.input, frame, pad=not net.pads))
    best = net.pick(call.input, scores)
    mask, box = sam_frame.mask(np.ascontiguousarray(logits[best], np.float32), frame)
    return SegmentOutput(
        mask=mask,
        box=box,
        width=picture.width,
        height=picture.height,
        score=min(max(float(scores[best]), 0.0), 1.0),
    )


def best_of_all(_: SegmentInput, scores: Floats) -> int:
    """The mask that the net itself rates highest."""
    return int(np.argmax(scores))


def single_or_nested(input: SegmentInput, scores: Floats) -> int:
    """Of [single, part, subpart, whole] the best rated nested one for a lone click, else the single one.

    A lone click is ambiguous, which the three nested masks are for; with more points or a box the first
    mask is better (segment_anything/predictor.py, on `multimask_output`, and the token choice of
    segment_anything/utils/onnx.py `select_masks`). Taking the largest of those rated nearly as good (0.02) was
    tried with MobileSAM: people gained (IoU 0.75 -> 0.96), coins lost (0.97 -> 0.89); the plain rule stayed.
    """
    lone = len(input.points) == 1 and input.box is None
    return 1 + int(np.argmax(scores[1:])) if lone else 0
