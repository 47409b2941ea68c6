"""Strokes into components: only what touches and is of one class, with its box and its strokes' mean share."""

import io

import numpy as np
import pytest
from PIL import Image

from rung.apps.drawings.component_picture import COLOURS, overlay_png
from rung.apps.drawings.components import components_of, counts_of, curves_of
from rung.runtime.tasks import ClassifyStrokesOutput, Picture

CLASSES = ("contour", "text", "dimension", "other")


def straight(x0: float, y0: float, x1: float, y1: float) -> list[tuple[float, float]]:
    return [(x0 + (x1 - x0) * t, y0 + (y1 - y0) * t) for t in (0, 1 / 3, 2 / 3, 1)]


def strokes(
    *lines: tuple[float, float, float, float], labels: list[int], links: list[tuple[int, int]]
) -> ClassifyStrokesOutput:
    shares = np.full((len(lines), 4), 0.1, np.float32)
    shares[np.arange(len(lines)), labels] = [0.7 - 0.1 * (n % 2) for n in range(len(lines))]
    return ClassifyStrokesOutput(
        controls=np.array([straight(*line) for line in lines], np.float32).reshape(-1, 4, 2),
        labels=np.array(labels, np.uint8),
        shares=shares,
        links=np.array(links, np.int32).reshape(-1, 2),
        classes=CLASSES,
        width=200,
        height=100,
    )


ANGLE = strokes(
    (10, 10, 110, 10),
    (110, 10, 110, 60),
    (110, 60, 150, 60),
    (5, 80, 9, 90),
    labels=[0, 0, 2, 1],
    links=[(0, 1), (1, 2)],
)


def test_a_dimension_line_that_touches_a_contour_is_another_component() -> None:
    found = components_of(ANGLE)
    assert [(c.class_, c.box, c.strokes) for c in found] == [
        ("contour", (10, 10, 110, 60), 2),
        ("text", (5, 80, 9, 90), 1),
        ("dimension", (110, 60, 150, 60), 1),
    ]
    assert [c.confidence for c in found] == pytest.approx([0.65, 0.6, 0.7], abs=1e-3)
    assert [c.id for c in found] == ["c1", "c2", "c3"]
    assert found[0].model_dump(by_alias=True)["class"] == "contour"


def test_every_stroke_is_counted_and_answered_with_its_curve() -> None:
    assert counts_of(ANGLE) == {"contour": 2, "text": 1, "dimension": 1, "other": 0}
    curves = curves_of(ANGLE)
    assert [c.class_ for c in curves] == ["contour", "contour", "dimension", "text"]
    assert curves[1].controls[0] == (110, 10) and curves[1].controls[3] == (110, 60)


def test_a_page_without_strokes_has_no_components() -> None:
    empty = strokes(labels=[], links=[])
    assert components_of(empty) == curves_of(empty) == [] and set(counts_of(empty).values()) == {0}


def test_the_overlay_shows_each_stroke_in_the_colour_of_its_class() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (200, 100), "white").save(buffer, "PNG")
    page = Picture(data=buffer.getvalue(), key="page", width=200, height=100, media_type="image/png")
    drawn = np.asarray(Image.open(io.BytesIO(overlay_png(page, ANGLE))).convert("RGB")).astype(int)
    assert drawn.shape == (100, 200, 3)
    for place, name in (((10, 50), "contour"), ((60, 130), "dimension"), ((85, 7), "text")):
        assert np.abs(drawn[place] - COLOURS[name]).max() < 60, name
    assert drawn[95, 195].min() > 240
