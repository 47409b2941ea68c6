"""YOLOE's loader against a stand-in for its authors' package: what is asked of it, and what is made of its answer.

The real package (ultralytics 8.4.190, random weights, in a worker under its own interpreter) was tried by hand.
"""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fake_call import FakeCall, png

from rung.models.yoloe import Yoloe, enlarged
from rung.runtime.errors import LoadFailed
from rung.runtime.model import Context, Result
from rung.runtime.tasks import DetectInput, DetectOutput

WIDE, HIGH = 200, 100


class FakeYoloe:
    """The published class as far as the loader asks it: names, text embeddings, classes, prediction."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.names = {0: "0", 1: "1"}
        self.asked: list[tuple[Any, ...]] = []
        self.model = SimpleNamespace(clip_model=None, get_text_pe=self._embed)

    def _embed(self, words: list[str], cache_clip_model: bool = False) -> tuple[str, ...]:
        assert cache_clip_model and self.model.clip_model is not None
        self.asked.append(("embed", *words))
        return tuple(words)

    def set_classes(self, words: list[str], embeddings: tuple[str, ...]) -> None:
        assert tuple(words) == embeddings
        self.names = dict(enumerate(words))

    def predict(self, pixels: np.ndarray, **wanted: Any) -> list[Any]:
        self.asked.append(("predict", pixels.shape, pixels[0, 0].tolist(), wanted["conf"], wanted["device"]))
        masks = np.zeros((2, *pixels.shape[:2]), np.float32)
        masks[0, 10:20, 10:30] = 1
        boxes = SimpleNamespace(
            xyxy=np.array([[10, 10, 30, 20], [50, 0, 60, 400]], np.float32),
            conf=np.array([0.4, 0.8], np.float32),
            cls=np.array([0.0, len(self.names) - 1]),
        )
        return [SimpleNamespace(orig_shape=pixels.shape[:2], boxes=boxes, masks=SimpleNamespace(data=masks))]


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    made = {name: ModuleType(name) for name in ("ultralytics", "ultralytics.nn", "ultralytics.nn.text_model", "torch")}
    made["ultralytics"].YOLOE = FakeYoloe  # type: ignore[attr-defined]
    made["torch"].device = str  # type: ignore[attr-defined]
    encoder = lambda device, weight: (device, weight)  # noqa: E731
    made["ultralytics.nn.text_model"].MobileCLIPTS = encoder  # type: ignore[attr-defined]
    for name, module in made.items():
        monkeypatch.setitem(sys.modules, name, module)
    return made["ultralytics.nn.text_model"]


def loaded(*files: str, **options: Any) -> Yoloe:
    model = Yoloe()
    paths = {f"yoloe/{file}": Path("/own") / file for file in files}
    model.load(
        Context(variant="v", task="detect", device="cpu", precision="fp32", threads=1, weights=paths, options=options)
    )
    return model


def seen(model: Yoloe, **wanted: Any) -> DetectOutput:
    pixels = np.zeros((HIGH, WIDE, 3), np.uint8)
    pixels[0, 0] = (1, 2, 3)
    ((_, outcome),) = model.run([FakeCall(DetectInput(picture=png(pixels), **wanted))])  # type: ignore[arg-type]
    assert isinstance(outcome, Result) and isinstance(outcome.output, DetectOutput)
    return outcome.output


def test_a_calls_own_words_are_looked_for_and_the_usual_ones_after_it(package: ModuleType) -> None:
    model = loaded("net.pt", "text.ts", words=["sofa", "desk"])

    usual, own, same, again = (seen(model, words=words) for words in ((), ("piano",), ("piano",), ()))

    expected = [("sofa", "desk"), ("piano",), ("piano",), ("sofa", "desk")]
    assert [one.vocabulary for one in (usual, own, same, again)] == expected
    assert [one.detections[0].label for one in (usual, own, again)] == ["desk", "piano", "desk"]
    embedded = [asked[1:] for asked in model._net.asked if asked[0] == "embed"]
    assert embedded == [("sofa", "desk"), ("piano",), ("sofa", "desk")], "never twice in a row for the same words"


def test_the_picture_goes_in_as_bgr_with_the_calls_threshold(package: ModuleType) -> None:
    model = loaded("net.pt", "text.ts", words=["sofa"])

    seen(model, least=0.05)

    assert model._net.asked[-1] == ("predict", (HIGH, WIDE, 3), [3, 2, 1], 0.05, "cpu")
    assert model._net.path == "/own/net.pt" and model._net.model.clip_model == ("cpu", "/own/text.ts")


def test_things_come_best_first_cut_to_the_picture_with_masks_where_wanted(package: ModuleType) -> None:
    model = loaded("net.pt", "text.ts", words=["sofa", "desk"])

    desk, sofa = seen(model, masks=True).detections
    bare = seen(model).detections

    assert (desk.label, desk.box, desk.mask) == ("desk", (50, 0, 60, 100), None), "its mask is empty"
    assert sofa.mask_box == (10, 10, 30, 20) and sofa.mask is not None
    assert sofa.mask.shape == (10, 20) and (sofa.mask == 255).all()
    assert [one.mask for one in bare] == [None, None]


def test_a_checkpoint_with_built_in_words_keeps_them(package: ModuleType) -> None:
    model = loaded("net-pf.pt")

    answer = seen(model, words=("piano",))

    assert answer.vocabulary == ("0", "1") and answer.detections[0].label == "1"


def test_an_interpreter_without_the_tokenizer_is_told_what_to_install(package: ModuleType) -> None:
    del package.MobileCLIPTS

    with pytest.raises(LoadFailed, match="pip install openai-clip"):
        loaded("net.pt", "text.ts")


def test_a_mask_of_a_reduced_picture_is_laid_over_the_same_place_of_the_whole() -> None:
    half = np.zeros((50, 100), bool)
    half[10:20, 30:60] = True

    made = enlarged(half, (50, 10, 130, 50), 200, 100)

    expected = np.zeros((40, 80), np.uint8)
    expected[10:30, 10:70] = 255
    assert (made == expected).all()
