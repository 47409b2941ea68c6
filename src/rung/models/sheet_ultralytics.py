"""A detector of the user's own for drawings through its authors' library: symbols and views by a net, and what has
cells by geometry.

It runs under an interpreter of the user's that has `ultralytics` (`[variant.NAME] options = { python = "..." }`),
since that library is AGPL-3.0. A checkpoint (`.pt`) is a pickle of whole modules: loading it runs code that came with
it, so it is only ever the user's own file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from rung.models.pictures import decode
from rung.models.sheet.seen import Seen, joined, kinds_of, merged, windows
from rung.models.sheet_layout import find
from rung.runtime.model import Call, Context, Outcome, Result
from rung.runtime.tasks import Box, LayoutInput, LayoutOutput, Pixels

MOST: Final = 300
"""Things of one window."""


class SheetUltralytics:
    """A checkpoint (`.pt`). Options: `side` (pixels that the net looks at), and those of `sheet_yolo.SheetYolo`."""

    def load(self, context: Context) -> None:
        """Take it into memory. LoadFailed where option `kinds` does not fit its classes."""
        self._device = context.device
        self._net: Any = _checkpoint(context.weight(".pt"))
        self._words = {int(number): str(word) for number, word in dict(self._net.names).items()}
        self._kinds = kinds_of(tuple(self._words.values()), context.options.get("kinds", {}))
        self._side = int(context.options.get("side", 1280))
        self._window = int(context.options.get("window", 0))
        self._overlap = float(context.options.get("overlap", 0.25))
        self._least = float(context.options.get("least", 0.25))

    def run(self, calls: Sequence[Call[LayoutInput]]) -> Iterator[tuple[int, Outcome]]:
        """The parts of each sheet."""
        for index, call in enumerate(calls):
            yield index, Result(self._answer(call))

    def _answer(self, call: Call[LayoutInput]) -> LayoutOutput:
        geometry = find(call.input, call)
        pixels = decode(call.input.picture)
        seen: list[Seen] = []
        for window in windows(pixels.shape[1], pixels.shape[0], self._window, self._overlap):
            call.check()
            seen += self._look(pixels, window)
        return joined(geometry, merged(seen), self._kinds)

    def _look(self, pixels: Pixels, window: Box) -> Iterator[Seen]:
        x0, y0, x1, y1 = window
        (found,) = self._net.predict(
            np.ascontiguousarray(pixels[y0:y1, x0:x1, ::-1]),  # it takes BGR
            imgsz=self._side,
            conf=self._least,
            max_det=MOST,
            device=self._device,
            verbose=False,
            save=False,
        )
        boxes = found.boxes
        for box, score, number in zip(*(_array(of) for of in (boxes.xyxy, boxes.conf, boxes.cls)), strict=True):
            left, top, right, bottom = (float(edge) for edge in box)
            yield Seen(
                box=(x0 + left, y0 + top, x0 + right, y0 + bottom), name=self._words[int(number)], score=float(score)
            )


def _array(values: Any) -> Any:
    """Of a tensor on whatever device."""
    return values.detach().cpu().numpy() if hasattr(values, "detach") else np.asarray(values)


def _checkpoint(path: Path) -> Any:
    from ultralytics import YOLO

    return YOLO(str(path))
