"""A detector of the user's own for drawings through its authors' library: symbols and views by a net, and what has
cells by geometry.

It runs under an interpreter of the user's that has `ultralytics` (`[variant.NAME] options = { python = "..." }`),
since that library is AGPL-3.0. A checkpoint (`.pt`) is a pickle of whole modules: loading it runs code that came with
it, so it is only ever the user's own file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from rung.models.sheet.seen import Seen
from rung.models.sheet_detector import SheetDetector
from rung.runtime.model import Context
from rung.runtime.tasks import Box, Pixels

MOST: Final = 300
"""Things of one window."""


class SheetUltralytics(SheetDetector):
    """A checkpoint (`.pt`). Options: `side` (pixels that the net looks at), and those of `SheetDetector`."""

    def load(self, context: Context) -> None:
        """Take it into memory. LoadFailed where option `kinds` does not fit its classes."""
        self._device = context.device
        self._net: Any = _checkpoint(context.weight(".pt"))
        self._words = {int(number): str(word) for number, word in dict(self._net.names).items()}
        self.settle(context, tuple(self._words.values()))
        self._side = int(context.options.get("side", 1280))

    def look(self, pixels: Pixels, window: Box) -> Iterator[Seen]:
        """What the net sees in that window, in pixels of the sheet."""
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
