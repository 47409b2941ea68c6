"""EDGNet (Zhang and others, arXiv 2212.00290): a drawing's strokes, and which of them are contour, text or dimension.

Traced and fitted in NumPy and OpenCV, classified by the published net in NumPy: a sheet's strokes are some thousands,
and the net has half a million weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from rung.models.pictures import decode
from rung.models.strokes import features
from rung.models.strokes.drawing import USUAL_DPI, Strokes, drawn
from rung.models.strokes.ink import Grey
from rung.models.strokes.net import Floats, Net
from rung.models.strokes.net_file import read
from rung.runtime.errors import LoadFailed, RungError
from rung.runtime.model import Call, Context, Error, Outcome, Progress, Result
from rung.runtime.tasks import ClassifyStrokesInput, ClassifyStrokesOutput

TRAINED: Final = Path(__file__).parent / "trained"


class EdgNet:
    """The net that we trained and the option `net` names, or the user's own file: `.safetensors`, or a `.pth` state
    dict, of which no code is run.

    The option `classes` names what the net tells apart, in its order.
    """

    def load(self, context: Context) -> None:
        """Read the net. Raises WeightsError for a file that holds none that fits, LoadFailed where the net has other
        classes than are named."""
        self._net = read(file_of(context))
        self._classes = named(context, self._net)

    def run(self, calls: Sequence[Call[ClassifyStrokesInput]]) -> Iterator[tuple[int, Outcome]]:
        """The strokes of each picture."""
        for index, call in enumerate(calls):
            try:
                grey, scale = pixels_of(call)
                yield index, Progress(0.1, "tracing")
                strokes = drawn(grey)
                call.check()
                yield index, Progress(0.9, "classifying")
                yield index, Result(self._answer(call, strokes, scale))
            except RungError as error:
                yield index, Error(error)

    def _answer(self, call: Call[ClassifyStrokesInput], strokes: Strokes, scale: float) -> ClassifyStrokesOutput:
        shares = self._net.shares(figures(strokes, self._net.features), strokes.touching, strokes.beside)
        return answer(call.input, strokes, scale, shares, self._classes)


def file_of(context: Context) -> Path:
    """The user's own file where there is one, else ours."""
    return next(iter(context.weights.values()), TRAINED / str(context.options.get("net")) / "net.safetensors")


def pixels_of(call: Call[ClassifyStrokesInput]) -> tuple[Grey, float]:
    """The picture in grey at USUAL_DPI, and how many of its pixels one pixel of the picture is."""
    pixels = decode(call.input.picture)
    call.check()
    grey: Grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    if call.input.dpi is None:
        call.warn(f"the picture's resolution is not known; its lines are judged as if it were {USUAL_DPI} dpi")
        return grey, 1.0
    scale = USUAL_DPI / call.input.dpi
    if abs(scale - 1) < NEAR:
        return grey, 1.0
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(grey, None, fx=scale, fy=scale, interpolation=way), scale


NEAR: Final = 0.1
"""Resolutions within a tenth are taken for the same: the nets were trained on sizes that vary more."""


def figures(strokes: Strokes, count: int) -> Floats:
    """f32 [N, count]: the published features, or those and ours, as many as the net takes."""
    paper = features.paper(strokes)
    return paper if count == len(features.PAPER) else np.concatenate([paper, features.added(strokes)], axis=1)


def answer(
    input: ClassifyStrokesInput, strokes: Strokes, scale: float, shares: Floats, classes: tuple[str, ...]
) -> ClassifyStrokesOutput:
    """The strokes in the picture's own pixels."""
    return ClassifyStrokesOutput(
        controls=(strokes.controls / scale).astype(np.float32),
        labels=shares.argmax(axis=1).astype(np.uint8),
        shares=shares,
        links=strokes.touching.astype(np.int32),
        classes=classes,
        width=input.picture.width,
        height=input.picture.height,
    )


def named(context: Context, net: Net) -> tuple[str, ...]:
    """The classes by the option `classes`. LoadFailed where there are more or fewer than the net has."""
    classes = tuple(str(name) for name in context.options.get("classes", ()))
    if len(classes) != net.classes:
        raise LoadFailed(
            f"{context.variant}'s net tells {net.classes} classes apart and the option `classes` names {len(classes)}"
            f" ({', '.join(classes) or 'none'}): name each, in the net's order."
        )
    return classes
