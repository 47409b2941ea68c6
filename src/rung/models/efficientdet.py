"""EfficientDet-Lite on LiteRT: everyday things in a picture, 90 classes of COCO, boxes suppressed inside the graph."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from rung.models.pictures import decode
from rung.runtime.errors import LoadFailed
from rung.runtime.model import Call, Context, Outcome, Result
from rung.runtime.tasks import DetectInput, Detection, DetectOutput, Pixels

NAMELESS: Final = "???"
"""What the list of labels says for numbers that COCO left out."""

Floats = NDArray[np.float32]


class EfficientDet:
    """One `.tflite` file: u8 [1,S,S,3] -> boxes [1,25,4] (y0, x0, y1, x1 as shares), classes, scores, how many."""

    def load(self, context: Context) -> None:
        """Open the file and its list of labels. LoadFailed for another device than the CPU or another contract."""
        if context.device != "cpu":
            raise LoadFailed(f"{context.variant} runs on the CPU only: set its device to cpu.")
        path = context.weight(".tflite")
        self._labels = labels(path)
        self._net = Interpreter(str(path), num_threads=context.threads)
        self._net.allocate_tensors()
        (entry,) = self._net.get_input_details()
        outputs = sorted(self._net.get_output_details(), key=lambda one: str(one["name"]))
        if [len(one["shape"]) for one in outputs] != [1, 2, 2, 3] or entry["dtype"] != np.uint8:
            raise LoadFailed(
                f"{path.name} is no EfficientDet-Lite with post-processing: it gives {len(outputs)} tensors"
            )
        self._input, self._side = entry["index"], int(entry["shape"][1])
        self._count, self._scores, self._classes, self._boxes = (one["index"] for one in outputs)

    def run(self, calls: Sequence[Call[DetectInput]]) -> Iterator[tuple[int, Outcome]]:
        """The things of each picture."""
        for index, call in enumerate(calls):
            yield index, Result(self._answer(call))

    def _answer(self, call: Call[DetectInput]) -> DetectOutput:
        picture = call.input.picture
        call.check()
        pixels = decode(picture, max_side=2 * self._side)
        call.check()
        self._net.set_tensor(self._input, squared(pixels, self._side))
        self._net.invoke()
        count = int(self._net.get_tensor(self._count)[0])
        boxes, classes, scores = (
            self._net.get_tensor(one)[0, :count] for one in (self._boxes, self._classes, self._scores)
        )
        found = things(boxes, classes, scores, picture.width, picture.height, self._labels, call.input.least)
        vocabulary = tuple(dict.fromkeys(word for word in self._labels if word != NAMELESS))
        return DetectOutput(detections=found, width=picture.width, height=picture.height, vocabulary=vocabulary)


def labels(path: Path) -> tuple[str, ...]:
    """The words of the classes, by number: the file carries them as a zip behind its graph."""
    try:
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as attached:
            (name,) = [name for name in attached.namelist() if name.endswith(".txt")]
            return tuple(attached.read(name).decode().splitlines())
    except (zipfile.BadZipFile, ValueError) as error:
        raise LoadFailed(f"{path.name} carries no list of labels ({error})") from error


def squared(pixels: Pixels, side: int) -> Pixels:
    """u8 [1,S,S,3], stretched. Laid in the square in its own shape, two of eight photographs gained a thing that is
    not there (a dog twice, a boat for a rocket), and none gained one that is."""
    square: Pixels = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)[None]
    return square


def things(
    boxes: Floats, classes: Floats, scores: Floats, width: int, height: int, words: Sequence[str], least: float
) -> tuple[Detection, ...]:
    """What scores at least `least`, best first, cut to the picture; what is empty there or has no name is left out."""
    found = []
    for (y0, x0, y1, x1), number, score in zip(np.clip(boxes, 0.0, 1.0), classes, scores, strict=True):
        word = words[int(number)] if int(number) < len(words) else NAMELESS
        if score >= least and x1 > x0 and y1 > y0 and word != NAMELESS:
            box: Any = tuple(float(edge) for edge in (x0 * width, y0 * height, x1 * width, y1 * height))
            found.append(Detection(box=box, class_id=int(number), label=word, score=float(score)))
    return tuple(sorted(found, key=lambda one: -one.score))
