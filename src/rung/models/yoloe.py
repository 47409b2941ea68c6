"""YOLOE-seg through its authors' library: things named by any words, each with its outline.

It runs under an interpreter of the user's that has `ultralytics` (`[variant.NAME] options = { python = "..." }`),
since that library is AGPL-3.0 and wants torchvision. Its checkpoint is a pickle of whole modules: loading it runs code
that came with it, so it is only ever the user's own file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from rung.models.pictures import decode
from rung.runtime.errors import LoadFailed
from rung.runtime.model import Call, Context, Outcome, Result
from rung.runtime.tasks import Box, DetectInput, Detection, DetectOutput, Mask

SIDE: Final = 640
MOST: Final = 300
"""Things of one picture."""


class Yoloe:
    """A checkpoint (`.pt`), with its text encoder (`.ts`) unless its words are built in.

    Option `words`: what is looked for when a call names none.
    """

    def load(self, context: Context) -> None:
        """Take both into memory. LoadFailed where the interpreter lacks the tokenizer of CLIP."""
        self._device = context.device
        self._net: Any = _checkpoint(context.weight(".pt"))
        self._open = any(name.endswith(".ts") for name in context.weights)
        self._words = tuple(str(word) for word in dict(self._net.names).values())
        self._usual = self._words
        if self._open:
            self._net.model.clip_model = _text_encoder(context.weight(".ts"), context.device)
            self._usual = tuple(str(word) for word in context.options.get("words", ())) or self._words
            self._look_for(self._usual)

    def run(self, calls: Sequence[Call[DetectInput]]) -> Iterator[tuple[int, Outcome]]:
        """The things of each picture."""
        for index, call in enumerate(calls):
            yield index, Result(self._answer(call))

    def _answer(self, call: Call[DetectInput]) -> DetectOutput:
        picture = call.input.picture
        words = (call.input.words or self._usual) if self._open else self._words
        call.check()
        # Twice the side, since the library draws every outline over all of what it is given.
        pixels = decode(picture, max_side=2 * SIDE)
        call.check()
        self._look_for(words)
        (seen,) = self._net.predict(
            np.ascontiguousarray(pixels[..., ::-1]),  # it takes BGR
            imgsz=SIDE,
            conf=call.input.least,
            max_det=MOST,
            retina_masks=True,
            device=self._device,
            verbose=False,
            save=False,
        )
        found = things(seen, words, picture.width, picture.height, masks=call.input.masks)
        return DetectOutput(detections=found, width=picture.width, height=picture.height, vocabulary=words)

    def _look_for(self, words: tuple[str, ...]) -> None:
        """Turning words into embeddings takes longer than looking: only when they change."""
        if words != self._words:
            embeddings = self._net.model.get_text_pe(list(words), cache_clip_model=True)
            self._net.set_classes(list(words), embeddings)
            self._words = words


def things(seen: Any, words: Sequence[str], width: int, height: int, *, masks: bool) -> tuple[Detection, ...]:
    """One `Results` of the library, best first, in pixels of a picture of that size and cut to it."""
    rows, columns = seen.orig_shape
    boxes = _array(seen.boxes.xyxy) * (width / columns, height / rows, width / columns, height / rows)
    limits = np.array([width, height, width, height], np.float64)
    outlines = _array(seen.masks.data) if masks and seen.masks is not None else None
    found = []
    scores, classes = _array(seen.boxes.conf), _array(seen.boxes.cls).astype(int)
    for at in np.argsort(-scores, kind="stable"):
        box = np.clip(boxes[at], 0, limits)
        if box[2] <= box[0] or box[3] <= box[1]:
            continue
        outline = {} if outlines is None else _outline(outlines[at], box, width, height)
        found.append(
            Detection(
                box=tuple(float(edge) for edge in box),  # type: ignore[arg-type]  # of four
                class_id=int(classes[at]),
                label=words[classes[at]],
                score=float(scores[at]),
                **outline,
            )
        )
    return tuple(found)


def _array(values: Any) -> Any:
    """Of a tensor on whatever device."""
    return values.detach().cpu().numpy() if hasattr(values, "detach") else np.asarray(values)


def _outline(whole: Any, box: Any, width: int, height: int) -> dict[str, Any]:
    """The fields of a mask from one [h, w] over the reduced picture; none where it is empty in the box."""
    over: Box = (int(box[0]), int(box[1]), int(np.ceil(box[2])), int(np.ceil(box[3])))
    mask = enlarged(whole > 0, over, width, height)
    return {"mask": mask, "mask_box": over} if mask.any() else {}


def enlarged(whole: Any, box: Box, width: int, height: int) -> Mask:
    """uint8 [y1-y0, x1-x0], 0 or 255: the part over `box` of a mask [h, w] of a picture of width x height pixels."""
    x0, y0, x1, y1 = box
    across, down = whole.shape[1] / width, whole.shape[0] / height
    mapping = np.array([[across, 0, (x0 + 0.5) * across - 0.5], [0, down, (y0 + 0.5) * down - 0.5]], np.float64)
    soft = cv2.warpAffine(
        whole.astype(np.uint8) * 255,
        mapping,
        (x1 - x0, y1 - y0),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.where(soft > 127, np.uint8(255), np.uint8(0))


def _checkpoint(path: Path) -> Any:
    from ultralytics import YOLOE

    return YOLOE(str(path))


def _text_encoder(path: Path, device: str) -> Any:
    """Made here, since the library's own way would fetch the file by its name."""
    try:
        import torch
        from ultralytics.nn.text_model import MobileCLIPTS
    except ImportError as error:
        raise LoadFailed(
            f"the words of YOLOE need the module that is missing ({error}); install CLIP in its interpreter:"
            " pip install openai-clip, or the fork that ultralytics names"
        ) from error
    return MobileCLIPTS(torch.device(device), weight=str(path))
