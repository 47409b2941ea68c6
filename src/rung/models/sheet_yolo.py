"""A detector of the user's own for drawings, as ultralytics exports it to ONNX: symbols and views by a net, and what
has cells by geometry.

The graph ends before suppression: f32 [1,3,S,S] -> [1, 4 + C, A] (centre x, centre y, width, height in pixels of the
square, C class scores 0..1), the words of the classes in the metadata `names`.
"""

from __future__ import annotations

from collections.abc import Iterator

import onnxruntime as ort

from rung.models.onnx_session import session
from rung.models.sheet.seen import Seen
from rung.models.sheet_detector import SheetDetector
from rung.models.yolo_seg import candidates, framed, suppressed, tensor, words
from rung.runtime.errors import LoadFailed
from rung.runtime.model import Context
from rung.runtime.tasks import Box, Pixels


class SheetYolo(SheetDetector):
    """One `.onnx` file. Options: those of `SheetDetector`."""

    def load(self, context: Context) -> None:
        """Open the session. LoadFailed for a file of another layout, which its shapes say."""
        self._session = session(context.weight(".onnx"), context)
        self._words = words(self._session)
        self._side = side(self._session, len(self._words))
        self._input = self._session.get_inputs()[0].name
        self.settle(context, self._words)

    def look(self, pixels: Pixels, window: Box) -> Iterator[Seen]:
        """What the net sees in that window, in pixels of the sheet."""
        x0, y0, x1, y1 = window
        frame = framed(x1 - x0, y1 - y0, self._side)
        (columns,) = self._session.run(None, {self._input: tensor(pixels[y0:y1, x0:x1], frame, self._side)})
        found = suppressed(candidates(columns[0], len(self._words), self._least))
        for box, number, score in zip(found.boxes, found.classes, found.scores, strict=True):
            left, top, right, bottom = (
                (float(edge) - inset) / frame.scale
                for edge, inset in zip(box, (frame.left, frame.top) * 2, strict=True)
            )
            edges = (x0 + max(left, 0), y0 + max(top, 0), min(x0 + right, x1), min(y0 + bottom, y1))
            if edges[2] > edges[0] and edges[3] > edges[1]:
                yield Seen(box=edges, name=self._words[number], score=float(score))


def side(net: ort.InferenceSession, classes: int) -> int:
    """S of the file's layout. LoadFailed for another layout than this module's."""
    given = [one.shape for one in net.get_inputs()]
    made = [one.shape for one in net.get_outputs()]
    match given, made:
        case [[1, 3, int(height), int(width)]], [[1, int(rows), int()]]:
            if height == width and rows == 4 + classes:
                return height
    raise LoadFailed(
        f"a YOLO detector of {classes} classes is f32 [1,3,S,S] -> [1,4+{classes},A]; this file takes {given} and gives"
        f" {made}. Export it with a fixed square size and without NMS."
    )
