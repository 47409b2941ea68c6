"""EDGNet as a rung: its answer in the picture's own pixels, classes by the option, and our own nets on a drawing."""

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from fake_call import png
from inpaint_makers import Heard, outputs
from safetensors.numpy import save_file

from rung.lab.sheets.pen import LAYERS
from rung.lab.sheets.sheet import Page
from rung.lab.sheets.splits import drawn, hindrance
from rung.lab.strokes.figures import confusion, headline
from rung.lab.strokes.truth import true_classes
from rung.models.catalog.strokes import CLASSES, EDGNET, EDGNET_OWN, EDGNET_PAPER
from rung.models.catalog.trained import FOLDER
from rung.models.edgnet import EdgNet
from rung.models.strokes import drawing
from rung.models.strokes.features import ADDED, PAPER
from rung.runtime.errors import LoadFailed, WeightsError
from rung.runtime.model import Context, Result
from rung.runtime.spec import Variant
from rung.runtime.tasks import ClassifyStrokesInput


def small_net(path: Path, taken: int = len(PAPER), given: int = 3) -> Path:
    draw = np.random.default_rng(3)
    shapes = {"c.lin_l.weight": (6, taken), "c.lin_l.bias": (6,), "c.lin_r.weight": (6, taken)}
    shapes |= {"l.weight": (given, 6), "l.bias": (given,)}
    save_file({name: draw.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}, path)
    return path


def context(variant: Variant, *files: Path) -> Context:
    weights = {f"{variant.name}/{path.name}": path for path in files}
    return Context(
        variant=variant.name,
        task=variant.task,
        device="cpu",
        precision="fp32",
        threads=1,
        weights=weights,
        options=variant.options,
    )


def own(path: Path) -> EdgNet:
    model = EdgNet()
    model.load(context(EDGNET_OWN, path))
    return model


def cross(side: int = 300, thick: int = 3) -> np.ndarray:
    pixels = np.full((side, side, 3), 255, np.uint8)
    cv2.line(pixels, (side // 5, side // 2), (side * 4 // 5, side // 2), (0, 0, 0), thick)
    cv2.line(pixels, (side // 2, side // 5), (side // 2, side * 4 // 5), (0, 0, 0), thick)
    return pixels


def test_strokes_are_answered_in_the_pictures_own_pixels_whatever_its_resolution(tmp_path: Path) -> None:
    model = own(small_net(tmp_path / "net.safetensors"))
    fine, coarse = ClassifyStrokesInput(picture=png(cross(600, 6)), dpi=400), ClassifyStrokesInput(picture=png(cross()))
    calls = [Heard(fine), Heard(coarse)]
    found = [o.output for _, o in model.run(calls) if isinstance(o, Result)]
    for output, side in zip(found, (600, 300), strict=True):
        assert output.controls.shape == (4, 4, 2) and len(output.links) == 6
        ends = output.controls[:, (0, 3)].reshape(-1, 2) / side
        assert np.abs(np.sort(ends[:, 0])[[0, -1]] - (0.2, 0.8)).max() < 0.02
        assert output.shares.sum(axis=1) == pytest.approx([1] * 4, abs=1e-5)
        assert (output.labels == output.shares.argmax(axis=1)).all() and output.width == output.height == side
    assert calls[0].warnings == [] and "resolution is not known" in calls[1].warnings[0]


def test_a_net_with_other_classes_than_the_option_names_is_not_loaded(tmp_path: Path) -> None:
    with pytest.raises(LoadFailed, match="tells 2 classes apart and the option `classes` names 3"):
        own(small_net(tmp_path / "net.safetensors", given=2))


def test_a_net_that_takes_figures_which_are_not_measured_is_refused_with_their_number(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=f"takes 21 figures of a stroke; 19 .* or {19 + len(ADDED)}"):
        own(small_net(tmp_path / "net.safetensors", taken=21))


@pytest.mark.torch
def test_the_torch_rung_answers_what_numpy_answers(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from rung.models.edgnet_torch import EdgNetTorch

    path = small_net(tmp_path / "net.safetensors", taken=len(PAPER) + len(ADDED))
    here, there = own(path), EdgNetTorch()
    there.load(context(EDGNET_OWN, path))
    asked = ClassifyStrokesInput(picture=png(plate()), dpi=200)
    (one,), (other,) = outputs(here, asked), outputs(there, asked)
    assert len(one.controls) > 20 and np.array_equal(one.controls, other.controls)
    assert other.shares == pytest.approx(one.shares, abs=1e-4)


def plate() -> np.ndarray:
    """A thick outline with a hole, a thin dimension line with arrows, and figures above it."""
    grey = np.full((800, 1100, 3), 255, np.uint8)
    cv2.rectangle(grey, (250, 300), (850, 600), (0, 0, 0), 4)
    cv2.circle(grey, (500, 450), 70, (0, 0, 0), 4)
    for x in (250, 850):
        cv2.line(grey, (x, 290), (x, 180), (0, 0, 0), 1)
        tip = 1 if x == 250 else -1
        cv2.fillPoly(grey, [np.array([(x, 200), (x + 24 * tip, 196), (x + 24 * tip, 204)])], (0, 0, 0))
    cv2.line(grey, (250, 200), (850, 200), (0, 0, 0), 1)
    cv2.putText(grey, "120.5", (500, 190), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (0, 0, 0), 2)
    return grey


@pytest.fixture(scope="module")
def page() -> Page:
    if (why := hindrance()) and not os.environ.get("RUNG_REQUIRE_FONTS"):
        pytest.skip(why)
    return drawn("validation", 1).page(dpi=200)


@pytest.mark.parametrize("variant", [EDGNET, EDGNET_PAPER], ids=lambda v: v.name)
def test_our_nets_classify_the_strokes_of_a_sheet_in_a_style_that_is_new_to_them(variant: Variant, page: Page) -> None:
    model = EdgNet()
    model.load(context(variant))
    (found,) = outputs(model, ClassifyStrokesInput(picture=png(page.picture), dpi=200))
    truth = true_classes(drawing.drawn(page.picture).paths, page.labels, LAYERS)
    figures = headline(confusion([(truth, found.labels)]))
    assert found.classes == CLASSES and len(found.labels) > 500
    assert figures["three classes"] > 0.9 and figures["text / non-text"] > 0.95


@pytest.mark.parametrize("variant", [EDGNET, EDGNET_PAPER], ids=lambda one: one.name)
def test_the_quality_in_the_catalogue_is_the_record_s(variant: Variant) -> None:
    record = json.loads((FOLDER / str(variant.options["net"]) / "record.json").read_text("utf-8"))

    assert variant.quality.value == round(record["validation"]["three classes"], 3)
