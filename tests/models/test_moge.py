"""MoGe-2's loader against a stand-in for its authors' package: what is asked of it, and what is made of its answer.

The real package (dlr-moge 2.0.0, Microsoft's code, a ViT-S with random weights) was tried by hand.
"""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from fake_call import FakeCall, png

from rung.models.moge import Moge, MogeLift
from rung.runtime.errors import LoadFailed, OutOfMemory
from rung.runtime.model import Context, Result
from rung.runtime.tasks import DepthInput, DepthOutput, ReconstructInput, ReconstructOutput

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

WIDE, HIGH = 200, 100


class FakeMoge:
    """The published class as far as the loader asks it: a checkpoint by path, and `infer`."""

    asked: dict[str, Any]
    depth = 2.0
    fails: Exception | None = None

    @classmethod
    def from_pretrained(cls, path: str) -> "FakeMoge":
        made = cls()
        made.asked = {"path": path}
        FakeMoge.last = made  # type: ignore[attr-defined]
        return made

    def to(self, device: Any) -> "FakeMoge":
        self.asked["device"] = str(device)
        return self

    def eval(self) -> "FakeMoge":
        return self

    def infer(self, image: Any, **wanted: Any) -> dict[str, Any]:
        if FakeMoge.fails is not None:
            raise FakeMoge.fails
        self.asked |= {"shape": tuple(image.shape), "top": float(image.max()), **wanted}
        depth = torch.full(image.shape[1:], self.depth)
        depth[0] = torch.inf  # masked out
        return {"depth": depth, "intrinsics": torch.tensor([[0.8, 0, 0.5], [0, 1.6, 0.5], [0, 0, 1]])}


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> type[FakeMoge]:
    for name in ("moge", "moge.model", "moge.model.v2"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    sys.modules["moge.model.v2"].MoGeModel = FakeMoge  # type: ignore[attr-defined]
    monkeypatch.setattr(FakeMoge, "depth", 2.0)
    monkeypatch.setattr(FakeMoge, "fails", None)
    return FakeMoge


def context(task: str = "depth", precision: str = "fp32", **options: Any) -> Context:
    worth = {"grain": 0.03, "scale": 1.0, "scale_sd": 0.05}
    return Context(
        variant="moge-2-vitl",
        task=task,
        device="cpu",
        precision=precision,
        threads=1,
        weights={"moge-2-vitl/model.pt": Path("/own/model.pt")},
        options=worth | options,
    )


def seen(focal_px: float | None = None, **options: Any) -> tuple[DepthOutput, FakeCall]:
    model = Moge()
    model.load(context(**options))
    pixels = np.full((HIGH, WIDE, 3), 255, np.uint8)
    call = FakeCall(DepthInput(picture=png(pixels), focal_px=focal_px))  # type: ignore[arg-type]
    ((_, outcome),) = model.run([call])  # type: ignore[list-item]
    assert isinstance(outcome, Result)
    return outcome.output, call


def test_the_picture_goes_in_as_shares_and_its_own_focal_length_comes_back(package: Any) -> None:
    output, _ = seen(tokens=1800)

    asked = package.last.asked
    assert (asked["path"], asked["device"], asked["shape"], asked["top"]) == (
        "/own/model.pt",
        "cpu",
        (3, HIGH, WIDE),
        1.0,
    )
    assert asked["num_tokens"] == 1800 and asked["use_fp16"] is False and "fov_x" not in asked
    assert (output.focal_px, output.focal_source) == (pytest.approx(0.8 * WIDE), "estimated")
    assert output.metric and output.depth.shape == (HIGH, WIDE)
    assert (output.valid[0] == 0).all() and (output.valid[1:] == 255).all() and (output.depth[1:] == 2).all()


def test_a_focal_length_that_is_known_is_told_as_the_angle_across(package: Any) -> None:
    output, _ = seen(focal_px=100.0)

    assert package.last.asked["fov_x"] == pytest.approx(90.0)
    assert (output.focal_px, output.focal_source) == (100.0, "given")


def test_a_net_that_finds_nothing_gives_the_flat_map_that_says_so(package: Any) -> None:
    package.depth = float("nan")

    output, call = seen()

    assert not output.metric and (output.depth == 1).all() and (output.valid == 255).all()
    assert output.focal_px == pytest.approx(0.9 * WIDE) and "no length in it is metric" in call.warnings[0]


def test_a_net_that_raises_gives_the_flat_map_too_unless_memory_is_short(package: Any) -> None:
    package.fails = ValueError("an operator that this GPU lacks")

    output, call = seen()

    assert not output.metric and (output.depth == 1).all() and (output.valid == 255).all()
    assert output.focal_px == pytest.approx(0.9 * WIDE) and "failed on this picture" in call.warnings[0]

    package.fails = torch.OutOfMemoryError("CUDA out of memory")
    with pytest.raises(OutOfMemory):
        seen()


def test_a_missing_package_is_named_with_the_way_to_get_it() -> None:
    if "moge" in sys.modules:
        pytest.skip("the real one is here")
    with pytest.raises(LoadFailed, match="pip install git"):
        Moge().load(context())


def test_the_lift_takes_the_focal_length_of_the_net(package: Any) -> None:
    model = MogeLift()
    model.load(context("reconstruct"))
    mask = np.full((40, 40), 255, np.uint8)
    input = ReconstructInput(
        picture=png(np.full((HIGH, WIDE, 3), 90, np.uint8)), mask=mask, mask_box=(80, 40, 120, 80), label="chair"
    )

    ((_, outcome),) = model.run([FakeCall(input)])  # type: ignore[arg-type]

    assert isinstance(outcome, Result) and isinstance(outcome.output, ReconstructOutput)
    assert outcome.output.focal_source == "estimated" and outcome.output.focal_px == pytest.approx(0.8 * WIDE)
