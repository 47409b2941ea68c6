"""PP-OCR's text detector on ONNX Runtime: where text stands on a sheet; all but the net is written here.

The net says for each pixel whether it is the core of a text. It looks at overlapping patches of a smaller copy of the
sheet, patches without ink are passed over, and what it says of all is one map, so that no text is cut at a patch's
edge. What follows (`rung.models.lettering`) looks at the sheet itself, and keeps what has signs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.models.lettering.finding import lines
from rung.models.lettering.patches import Grey, stitched
from rung.models.lettering.quads import polygon
from rung.models.lettering.regions import regions
from rung.models.lettering.squeezed import squeezed
from rung.models.onnx_session import session
from rung.models.pictures import decode
from rung.runtime.model import Call, Context, Outcome, Result
from rung.runtime.tasks import FindTextInput, FindTextOutput, TextBox

STEP: Final = 32
"""The net's sides are multiples of this."""
SCALE: Final = 0.75
"""Of the sheet, for the net: at 200 dpi figures of 2.5 mm are then 15 pixels high."""
PATCH: Final = 640
"""Pixels of the sheet: a patch for the net is 480. Larger ones take up to three times as long per pixel."""
TURNED: Final = True
"""Whether each patch is looked at lying on its side too, where its upright texts are level. Of the hard texts of
drawings of others (short, upright, crossed by lines) it then sees 91 % instead of 75 %, for 1.6 CPU seconds an A3 at
200 dpi instead of 0.8; at the scale 1 and not turned 89 % for 1.5, but large texts are lost there."""
LEAST_SCORE: Final = 0.4
UNCLIP: Final = 0.8
"""How far a region is grown back, so that it is as tall as its text. PP-OCR's 1.6 makes it 1.7 times as tall, lines
included."""


class PpOcrFind:
    """One `.onnx` file: x f32 [1, 3, H, W], -1..1, sides multiples of 32 -> map f32 [1, 1, H, W], 0..1.

    Options: `scale`, `patch`, `turned`, `least_score`, `unclip`, `squeezed`: whether short figures that lines cross
    are looked for once more.
    """

    def load(self, context: Context) -> None:
        """Open the session."""
        self._session = session(context.weight(".onnx"), context)
        self._input = self._session.get_inputs()[0].name
        self._scale = float(context.options.get("scale", SCALE))
        self._patch = int(context.options.get("patch", PATCH))
        self._turned = bool(context.options.get("turned", TURNED))
        self._least = float(context.options.get("least_score", LEAST_SCORE))
        self._unclip = float(context.options.get("unclip", UNCLIP))
        self._squeezed = bool(context.options.get("squeezed", True))

    def run(self, calls: Sequence[Call[FindTextInput]]) -> Iterator[tuple[int, Outcome]]:
        """The texts of each picture."""
        for index, call in enumerate(calls):
            yield index, Result(self._answer(call))

    def _answer(self, call: Call[FindTextInput]) -> FindTextOutput:
        wanted = call.input
        grey = cv2.cvtColor(decode(wanted.picture), cv2.COLOR_RGB2GRAY)
        call.check()
        small = cv2.resize(grey, None, fx=self._scale, fy=self._scale, interpolation=cv2.INTER_AREA)
        side = self._patch if wanted.patch is None else wanted.patch
        side = max(round(side * self._scale), STEP) if side else max(small.shape)

        def look(patch: Grey) -> NDArray[np.float32]:
            call.check()
            return self._look(patch)

        seen = stitched(small, side, wanted.overlap, look)
        found = lines(grey, regions(seen, self._scale, self._least, self._unclip), wanted.merge_px)
        boxes = tuple(TextBox(polygon=polygon(line.quad), score=score) for line, score in found)
        again = squeezed(grey, [line for line, _ in found]) if self._squeezed else []
        return FindTextOutput(
            boxes=boxes,
            width=wanted.picture.width,
            height=wanted.picture.height,
            doubtful=tuple(TextBox(polygon=polygon(place), score=0.0) for place in again),
        )

    def _look(self, patch: Grey) -> NDArray[np.float32]:
        seen = self._seen(patch)
        if not self._turned:
            return seen
        turned = self._seen(np.ascontiguousarray(np.rot90(patch, -1)))
        return np.maximum(seen, np.rot90(turned))

    def _seen(self, patch: Grey) -> NDArray[np.float32]:
        rows, columns = patch.shape
        seen = self._session.run(None, {self._input: tensor(patch)})[0]
        return np.asarray(seen[0, 0, :rows, :columns], np.float32)


def tensor(patch: Grey) -> NDArray[np.float32]:
    """f32 [1, 3, H, W], -1..1, with white to the right and below up to multiples of 32."""
    rows, columns = (-(-side // STEP) * STEP for side in patch.shape)
    whole = np.full((rows, columns), 1.0, np.float32)
    whole[: patch.shape[0], : patch.shape[1]] = patch.astype(np.float32) / 127.5 - 1.0
    return np.ascontiguousarray(np.broadcast_to(whole, (1, 3, rows, columns)))
