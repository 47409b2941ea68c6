"""eDOCr2's two recognisers, dimensions and frames, by its authors' package (Villena Toro and others, 2025; MIT).

It runs under an interpreter of the user's that has TensorFlow and the folder of their repository on its path
(`[variant.NAME] options = { python = "..." }`). Of a `.keras` file only the weights are read, into a net that the
package builds: what else such a file may hold is code. Its figures are no confidence that anybody measured, so readings
come without one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.models import cells, ctc
from rung.models.lettering.crops import upright
from rung.models.lettering.cutting import pieces
from rung.models.lettering.quads import of_polygon
from rung.models.lettering.stacks import Parts, together
from rung.models.pictures import decode
from rung.runtime.errors import LoadFailed
from rung.runtime.model import Call, Context, Outcome, Result
from rung.runtime.tasks import Reading, ReadInput, ReadOutput, TextBox, TextLine
from rung.runtime.tasks.drawings import Alphabet

HEIGHT: Final = 31
WIDTH: Final = 200
"""Of the net's input; a longer text is made smaller, what is left over is black, as it was trained."""
KNOWN: Final[tuple[Alphabet, ...]] = ("dimension", "frame")
MOST: Final = 3
"""Readings of one row."""
LEAST: Final = 0.01
"""Of the first reading's chance: a less likely one is not named."""
Grey = NDArray[np.uint8]


class Edocr2:
    """Four files: weights (`.keras`) and signs (`.txt`) of the recogniser of dimensions and of that of frames."""

    def load(self, context: Context) -> None:
        """Build both nets and fill them. LoadFailed where the package is missing, or a file does not fit."""
        recognition = _package(context.variant)
        self._nets: dict[Alphabet, tuple[Any, str]] = {}
        for alphabet, name in zip(KNOWN, ("dimensions", "gdts"), strict=True):
            signs = alphabet_of(context.weight(f"{name}.txt"))
            net = recognition.build_model(alphabet=signs, **recognition.DEFAULT_BUILD_PARAMS)[1]
            try:
                net.load_weights(str(context.weight(f"{name}.keras")))
            except (ValueError, OSError) as error:
                raise LoadFailed(
                    f"{context.variant}: the weights of {name} do not fit a net for the {len(signs)} signs of its .txt:"
                    f" {error}"
                ) from error
            self._nets[alphabet] = net, signs

    def run(self, calls: Sequence[Call[ReadInput]]) -> Iterator[tuple[int, Outcome]]:
        """The texts of each picture's boxes."""
        for index, call in enumerate(calls):
            yield index, Result(self._answer(call))

    def _answer(self, call: Call[ReadInput]) -> ReadOutput:
        grey = cv2.cvtColor(decode(call.input.picture), cv2.COLOR_RGB2GRAY)
        lines = []
        for place, box in enumerate(call.input.boxes):
            call.check()
            lines.append(self._line(grey, place, box, box.alphabet or call.input.alphabet))
        return ReadOutput(lines=tuple(lines), alphabets=KNOWN)

    def _line(self, grey: Grey, place: int, box: TextBox, alphabet: Alphabet) -> TextLine:
        if alphabet not in self._nets:
            reason = "this reader knows dimensions and frames, no other words"
            return TextLine(box=place, polygon=box.polygon, readings=(), reason=reason)
        net, signs = self._nets[alphabet]
        found = _parts(grey, box, alphabet)
        seen = net.predict(np.stack([letterbox(row) for row in found.rows()]), verbose=0)
        said = together(found, [readings(shares, signs) for shares in seen])
        return TextLine(box=place, polygon=box.polygon, readings=said, reason="" if said else "no sign was told in it")


def alphabet_of(path: Path) -> str:
    """The signs of a net's classes, in order: all that the file holds but its line ends."""
    return path.read_text(encoding="utf-8").replace("\r", "").replace("\n", "")


def letterbox(row: Grey) -> NDArray[np.float32]:
    """f32 [31, 200, 1], 0..1: the row at its own shape in the upper left corner, black beside it."""
    rows, columns = row.shape
    scale = min(WIDTH / columns, HEIGHT / rows)
    size = max(int(columns * scale), 1), max(int(rows * scale), 1)
    fitted = np.zeros((HEIGHT, WIDTH), np.float32)
    fitted[: size[1], : size[0]] = cv2.resize(row, size).astype(np.float32) / 255
    return fitted[..., None]


def readings(shares: NDArray[np.float32], signs: str) -> tuple[Reading, ...]:
    """What a row says, likeliest first. shares: [T, signs and the blank, which is the last]."""
    texts = ctc.texts(np.roll(shares, 1, axis=1), signs)
    named = [one for one in texts if one.text and one.chance >= LEAST * texts[0].chance]
    return tuple(Reading(text=one.text, confidence=None) for one in named[:MOST])


def _parts(grey: Grey, box: TextBox, alphabet: Alphabet) -> Parts:
    if alphabet == "frame":
        return Parts(main=cells.inside(upright(grey, of_polygon(box.polygon))[0]))
    return pieces(grey, box)


def _package(variant: str) -> Any:
    try:
        from edocr2.keras_ocr import recognition
    except ImportError as error:
        raise LoadFailed(
            f"{variant} needs eDOCr2's own code and TensorFlow in its interpreter ({error}): clone"
            " github.com/javvi51/edocr2, install its requirements and put the folder on that interpreter's path"
        ) from error
    return recognition
