"""The published 19 figures by hand on a straight and a bent curve, and ours on drawn lines."""

import numpy as np
import pytest
from drawn_lines import line, sheet

from rung.models.strokes.drawing import drawn
from rung.models.strokes.features import ADDED, PAPER, added, paper


def named(values: np.ndarray, names: tuple[str, ...]) -> dict[str, float]:
    return dict(zip(names, values.tolist(), strict=True))


def test_a_straight_stroke_has_the_figures_that_one_works_out_by_hand() -> None:
    found = named(paper(drawn(line(sheet(400, 300), (50, 100), (350, 100))))[0], PAPER)
    assert len(PAPER) == 19
    assert [found["x0"], found["x3"], found["y0"]] == pytest.approx([0.125, 0.875, 0.25], abs=0.01)
    assert found["length"] == pytest.approx(np.log1p(300), abs=0.03)
    assert [found["leg0"], found["leg1"], found["leg2"]] == pytest.approx([np.log1p(100)] * 3, abs=0.05)
    assert [found["chord_ratio"], found["cosine0"], found["cosine1"]] == pytest.approx([1, 1, 1], abs=0.01)
    assert [found[f"curvature{n}"] for n in range(4)] == pytest.approx([0] * 4, abs=1e-3)


def test_an_arc_of_radius_100_bends_by_a_hundredth_everywhere() -> None:
    import cv2

    grey = sheet()
    cv2.ellipse(grey, (200, 200), (100, 100), 0, 200, 300, 0, 3)
    found = named(paper(drawn(grey))[0], PAPER)
    assert [abs(found[f"curvature{n}"]) for n in range(4)] == pytest.approx([0.01] * 4, rel=0.25)
    assert found["chord_ratio"] == pytest.approx(2 * np.sin(np.radians(50)) / np.radians(100), abs=0.02)


def test_our_figures_tell_an_upright_thick_stroke_of_a_part_of_three() -> None:
    grey = line(line(sheet(), (200, 50), (200, 250), 7), (200, 150), (260, 150), 3)
    strokes = drawn(grey)
    values = [named(row, ADDED) for row in added(strokes)]
    (side,) = [v for v in values if v["flat"] > 0.9]
    upright = [v for v in values if v["upright"] > 0.9]
    assert len(upright) == 2 and all(v["line_width"] > side["line_width"] + 0.4 for v in upright)
    assert side["free_ends"] == 1 and np.expm1(side["part_strokes"]) == pytest.approx(3)
    assert np.expm1(side["part_height"]) == pytest.approx(200, abs=6)


def test_a_line_that_others_cut_is_one_run_and_as_wide_as_all_of_it() -> None:
    grey = line(sheet(), (50, 150), (350, 150), 5)
    for x in (120, 200, 212):
        line(grey, (x, 150), (x, 260), 1)
    values = [named(row, ADDED) for row in added(drawn(grey))]
    along = [v for v in values if v["flat"] > 0.9]
    down = [v for v in values if v["upright"] > 0.9]
    assert len(along) == 4 and len(down) == 3
    assert [v["run_length"] for v in along] == pytest.approx([np.log1p(300)] * 4, abs=0.03)
    assert [v["run_ends"] for v in along] == [2] * 4 and [v["run_ends"] for v in down] == [1] * 3
    assert len({v["run_width"] for v in along}) == 1


def test_thick_and_thin_lines_lie_at_both_ends_of_the_sheets_widths() -> None:
    grey = sheet()
    for y in (50, 100, 150):
        line(line(grey, (40, y), (360, y), 5), (40, y + 25), (360, y + 25), 1)
    values = [named(row, ADDED) for row in added(drawn(grey))]
    assert sorted(round(v["width_place"], 1) for v in values) == [0, 0, 0, 1, 1, 1]
    assert all(v["width_spread"] == pytest.approx(np.log(7), abs=0.15) for v in values)
