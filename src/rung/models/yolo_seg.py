"""YOLO11-seg on ONNX Runtime: everyday things in a picture, each with its outline; all but the net is written here.

The graph ends before suppression: f32 [1,3,S,S] -> one column per anchor [1, 4 + C + K, A] (centre x, centre y, width,
height in pixels of the square, C class scores 0..1, K coefficients) and K prototypes [1, K, S/4, S/4]. What is made of
them follows the published predictor (letterbox of 114, suppression per class at an overlap of 0.7), so that both say
the same of a picture; an outline is taken at the picture's own resolution, and loses its specks.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from rung.models.onnx_session import session
from rung.models.pictures import decode
from rung.runtime.errors import LoadFailed
from rung.runtime.model import Call, Context, Outcome, Result
from rung.runtime.tasks import Box, DetectInput, Detection, DetectOutput, Mask, Pixels

GREY: Final = 114
"""What lies beside the picture in its square, as in training."""
OVERLAP: Final = 0.7
"""Of two boxes of one class that overlap (as a share of their union) by more than this, the lower score goes."""
MOST: Final = 300
"""Things of one picture."""
SPECK: Final = 0.05
"""Of the largest part of an outline: smaller parts are specks on other things, which would count for its size."""
ROWS: Final = 256
"""Of a mask drawn at once: in floats a whole one of 25 megapixels would take 100 MB."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Where the picture lies in the square: a pixel x of it is at x * scale + left there."""

    scale: float
    left: int
    top: int
    width: int
    height: int
    """Of the picture inside the square."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """boxes [N, 4]: x0, y0, x1, y1 in the square; classes [N]; scores [N], best first; coefficients [N, K]."""

    boxes: Floats
    classes: NDArray[np.int64]
    scores: Floats
    coefficients: Floats


class YoloSeg:
    """One `.onnx` file as its authors' exporter writes it, without suppression; the words stand in its metadata."""

    def load(self, context: Context) -> None:
        """Open the session. LoadFailed for a file of another layout, which its shapes say."""
        self._session = session(context.weight(".onnx"), context)
        self._words = words(self._session)
        self._side = side(self._session, len(self._words))
        self._input = self._session.get_inputs()[0].name

    def run(self, calls: Sequence[Call[DetectInput]]) -> Iterator[tuple[int, Outcome]]:
        """The things of each picture."""
        for index, call in enumerate(calls):
            yield index, Result(self._answer(call))

    def _answer(self, call: Call[DetectInput]) -> DetectOutput:
        picture = call.input.picture
        call.check()
        # Twice the side: the resize that follows has pixels enough, and a large JPEG need not be decoded in full.
        pixels = decode(picture, max_side=2 * self._side)
        frame = framed(pixels.shape[1], pixels.shape[0], self._side)
        call.check()
        columns, prototypes = self._session.run(None, {self._input: tensor(pixels, frame, self._side)})
        call.check()
        found = suppressed(candidates(columns[0], len(self._words), call.input.least))
        # The frame speaks of the decoded pixels; the answer of the picture's own, which may be more.
        whole = framed(picture.width, picture.height, self._side)
        return DetectOutput(
            detections=things(found, prototypes[0] if call.input.masks else None, whole, picture, self._words),
            width=picture.width,
            height=picture.height,
            vocabulary=self._words,
        )


def words(net: ort.InferenceSession) -> tuple[str, ...]:
    """The words of the classes by number, from the file's own metadata. LoadFailed where there are none."""
    told = net.get_modelmeta().custom_metadata_map.get("names", "")
    try:
        by_number = ast.literal_eval(told)
        return tuple(str(by_number[number]) for number in range(len(by_number)))
    except (ValueError, SyntaxError, KeyError, TypeError) as error:
        raise LoadFailed(f"the file says {told[:40]!r} where the words of its classes should stand") from error


def side(net: ort.InferenceSession, classes: int) -> int:
    """S of the file's layout. LoadFailed for another layout than this module's."""
    given = [one.shape for one in net.get_inputs()]
    made = [one.shape for one in net.get_outputs()]
    match given, made:
        case [[1, 3, int(height), int(width)]], [[1, int(rows), int()], [1, int(kinds), int(), int()]]:
            if height == width and rows == 4 + classes + kinds:
                return height
    raise LoadFailed(
        f"a YOLO-seg of {classes} classes is f32 [1,3,S,S] -> [1,4+{classes}+K,A], [1,K,P,P]; this file takes {given}"
        f" and gives {made}. Export it with a fixed size and without NMS."
    )


def framed(width: int, height: int, side: int) -> Frame:
    """A picture of that size in the middle of the square, enlarged or reduced to it."""
    scale = min(side / width, side / height)
    inner = (max(round(width * scale), 1), max(round(height * scale), 1))
    # The odd pixel goes right and below, as the published predictor has it.
    left, top = (round((side - length) / 2 - 0.1) for length in inner)
    return Frame(scale=scale, left=left, top=top, width=inner[0], height=inner[1])


def tensor(pixels: Pixels, frame: Frame, side: int) -> Floats:
    """f32 [1,3,S,S] 0..1, grey beside the picture."""
    square = np.full((side, side, 3), GREY, np.uint8)
    inside = square[frame.top : frame.top + frame.height, frame.left : frame.left + frame.width]
    inside[:] = cv2.resize(pixels, (frame.width, frame.height), interpolation=cv2.INTER_LINEAR)
    planes: Floats = np.ascontiguousarray(square.transpose(2, 0, 1)[None], dtype=np.float32) / np.float32(255)
    return planes


def candidates(columns: Floats, classes: int, least: float) -> Candidates:
    """The anchors whose best class scores at least `least`. columns: [4 + classes + K, A]."""
    scores = columns[4 : 4 + classes]
    best = scores.argmax(axis=0)
    value = np.take_along_axis(scores, best[None], axis=0)[0]
    kept = np.flatnonzero(value >= least)
    kept = kept[np.argsort(-value[kept], kind="stable")]
    x, y, width, height = columns[:4, kept]
    boxes = np.stack((x - width / 2, y - height / 2, x + width / 2, y + height / 2), axis=1)
    return Candidates(boxes=boxes, classes=best[kept], scores=value[kept], coefficients=columns[4 + classes :, kept].T)


def suppressed(found: Candidates) -> Candidates:
    """Without those that another of their class with a higher score overlaps by more than OVERLAP; MOST at most."""
    kept: list[int] = []
    left = np.arange(len(found.scores))
    while left.size and len(kept) < MOST:
        first, left = int(left[0]), left[1:]
        kept.append(first)
        same = found.classes[left] == found.classes[first]
        left = left[~(same & (overlaps(found.boxes[first], found.boxes[left]) > OVERLAP))]
    return Candidates(
        boxes=found.boxes[kept],
        classes=found.classes[kept],
        scores=found.scores[kept],
        coefficients=found.coefficients[kept],
    )


def overlaps(box: Floats, others: Floats) -> Floats:
    """Intersection over union of one box with each of [N, 4]; 0 where nothing is covered."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    both = np.clip(high - low, 0, None).prod(axis=1)
    union = (box[2:] - box[:2]).prod() + (others[:, 2:] - others[:, :2]).prod(axis=1) - both
    shares: Floats = np.divide(both, union, out=np.zeros_like(both), where=union > 0)
    return shares


def things(
    found: Candidates, prototypes: Floats | None, frame: Frame, picture: Any, words: Sequence[str]
) -> tuple[Detection, ...]:
    """In pixels of the picture and cut to it; what is empty there is left out. prototypes: None for boxes only."""
    things = []
    corner = np.array([frame.left, frame.top] * 2, np.float32)
    limits = np.array([picture.width, picture.height] * 2, np.float32)
    for at, box in enumerate(np.clip((found.boxes - corner) / frame.scale, 0, limits)):
        if box[2] <= box[0] or box[3] <= box[1]:
            continue
        outline = _outline(found.coefficients[at], prototypes, box, frame) if prototypes is not None else {}
        number = int(found.classes[at])
        things.append(
            Detection(
                box=tuple(float(edge) for edge in box),  # type: ignore[arg-type]  # of four
                class_id=number,
                label=words[number],
                score=float(found.scores[at]),
                **outline,
            )
        )
    return tuple(things)


def _outline(coefficients: Floats, prototypes: Floats, box: Floats, frame: Frame) -> Mapping[str, Any]:
    """The fields of a mask; none where it came out empty, so that the box is asked of `segment`."""
    over: Box = (int(box[0]), int(box[1]), int(np.ceil(box[2])), int(np.ceil(box[3])))
    logits = without_specks(np.tensordot(coefficients, prototypes, axes=1), over, frame)
    mask = outline(logits, over, frame)
    return {"mask": mask, "mask_box": over} if mask.any() else {}


def without_specks(logits: Floats, box: Box, frame: Frame) -> Floats:
    """The same with what belongs to small parts inside the box made background. logits: [P, P], as in `outline`."""
    corner = np.array([frame.left, frame.top] * 2)
    x0, y0, x1, y1 = ((np.array(box) * frame.scale + corner) / 4).round().astype(int)
    inside = logits[y0 : y1 + 1, x0 : x1 + 1]
    count, parts, stats, _ = cv2.connectedComponentsWithStats((inside > 0).astype(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    small = [number + 1 for number in range(count - 1) if areas[number] < SPECK * areas.max()]
    if not small:
        return logits
    cleaned = logits.copy()
    part = cleaned[y0 : y1 + 1, x0 : x1 + 1]
    part[np.isin(parts, small)] = -np.abs(part[np.isin(parts, small)])
    return cleaned


def outline(logits: Floats, box: Box, frame: Frame) -> Mask:
    """uint8 [y1-y0, x1-x0], 0 or 255: the sign of the logits (a probability of half), drawn out to the picture's own
    pixels. logits: [P, P] over the square of side 4 P."""
    x0, y0, x1, y1 = box
    step = frame.scale / 4
    # Where the middle of the box's first pixel lies between the middles of the logits' cells.
    across = ((x0 + 0.5) * frame.scale + frame.left) / 4 - 0.5
    mask: Mask = np.empty((y1 - y0, x1 - x0), np.uint8)
    for top in range(0, y1 - y0, ROWS):
        part = mask[top : top + ROWS]
        down = ((y0 + top + 0.5) * frame.scale + frame.top) / 4 - 0.5
        mapping = np.array([[step, 0, across], [0, step, down]], np.float64)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        drawn = cv2.warpAffine(logits, mapping, part.shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)
        cv2.compare(drawn, 0, cv2.CMP_GT, part)
    return mask
