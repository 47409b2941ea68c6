"""From pixels to strokes: thin, trace, cut at corners, fit; each on drawings whose answer is known."""

import cv2
import numpy as np
import pytest
from drawn_lines import circle, ends, line, sheet

from rung.models.strokes.bezier import at
from rung.models.strokes.corners import split, touching
from rung.models.strokes.drawing import drawn
from rung.models.strokes.ink import DEEPEST, ink, widths
from rung.models.strokes.pixels import groups, pixel_graph
from rung.models.strokes.thinning import thinned
from rung.models.strokes.tracing import traced


def test_a_line_is_one_stroke_from_end_to_end_of_its_own_width() -> None:
    strokes = drawn(line(sheet(), (50, 100), (350, 100), 5))
    assert len(strokes.controls) == 1 and strokes.free_ends.tolist() == [2]
    assert ends(strokes) == {(50, 100), (350, 100)}
    assert strokes.line_width == pytest.approx([7], abs=0.5)  # what OpenCV draws when asked for 5
    assert np.abs(strokes.controls[0, :, 1] - 100).max() < 1


def test_lines_that_cross_are_four_strokes_that_all_touch() -> None:
    strokes = drawn(line(line(sheet(), (50, 150), (350, 150)), (200, 50), (200, 250)))
    assert ends(strokes) == {(50, 150), (350, 150), (200, 50), (200, 250), (200, 150)}
    assert strokes.touching.tolist() == [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]


def test_a_rectangle_is_cut_at_its_four_corners() -> None:
    grey = sheet()
    for start, end in (((60, 60), (200, 60)), ((200, 60), (200, 200)), ((200, 200), (60, 200)), ((60, 200), (60, 60))):
        line(grey, start, end)
    square = drawn(grey)
    # A ring begins somewhere, so one side may be two strokes.
    assert len(square.controls) in (4, 5) and {(60, 60), (200, 60), (200, 200), (60, 200)} <= ends(square)
    assert len(square.touching) == len(square.controls)


@pytest.mark.parametrize(("turn", "pieces"), [(30, 1), (70, 2)])
def test_a_path_is_cut_where_it_turns_sharply_and_not_where_it_bends(turn: int, pieces: int) -> None:
    end = (60 + int(14 * np.cos(np.radians(turn))), 50 + int(14 * np.sin(np.radians(turn))))
    thin = line(line(sheet(120, 100), (46, 50), (60, 50), 1), (60, 50), end, 1) == 0
    found = split(traced(pixel_graph(thin)))
    assert len(found.counts) == pieces and len(touching(found)) == pieces - 1


def test_a_ring_and_an_outline_with_round_corners_are_cut_until_curves_follow_them() -> None:
    grey = circle(sheet(), (300, 80), 60)
    for start, end in (((60, 40), (160, 40)), ((60, 240), (160, 240)), ((20, 80), (20, 200)), ((200, 80), (200, 200))):
        line(grey, start, end)
    for centre, turn in (((60, 80), 180), ((160, 80), 270), ((160, 200), 0), ((60, 200), 90)):
        cv2.ellipse(grey, centre, (40, 40), turn, 0, 90, 0, 3)
    strokes = drawn(grey)
    assert not strokes.free_ends.any() and 6 <= len(strokes.controls) <= 24
    along = np.concatenate([at(strokes.controls.astype(float), t) for t in np.linspace(0, 1, 30)]).astype(int)
    far = cv2.distanceTransform(grey, cv2.DIST_L2, 5)
    assert far[along[:, 1], along[:, 0]].max() < 2.5


def test_an_arc_keeps_its_shape_in_the_fitted_curve() -> None:
    grey = circle(sheet(), (200, 150), 100)
    grey[150:] = 255
    (controls,) = drawn(grey).controls[None, 0]
    middle = [at(controls[None].astype(float), t)[0] for t in (0.25, 0.5, 0.75)]
    assert [np.hypot(*(point - (200, 150))) for point in middle] == pytest.approx([100] * 3, abs=3)


def test_thinning_leaves_one_pixel_of_a_bar_and_does_not_break_it() -> None:
    bits = np.zeros((60, 200), bool)
    bits[20:35, 10:190] = True
    bits[5:55, 90:104] = True
    thin = thinned(bits)
    assert thin.sum() < 260 and not (thin & ~bits).any()
    assert thin[:, 30:80].sum(axis=0).tolist() == [1] * 50
    assert len(set(groups_of(thin))) == 1


def groups_of(bits: np.ndarray) -> list[int]:
    places = np.argwhere(bits)
    near = np.abs(places[:, None] - places[None]).max(axis=2) == 1
    return groups(len(places), np.argwhere(near)).tolist()


@pytest.mark.parametrize("tall", [2 * DEEPEST + 12, 200])
def test_a_filled_area_deeper_than_any_line_is_hollow_so_that_thinning_ends(tall: int) -> None:
    grey = sheet()
    grey[50 : 50 + tall, 50:350] = 0
    bits = ink(grey)
    assert not bits[50 + tall // 2, 100:300].any()
    assert bits[51, 60:340].all() and len(drawn(grey).controls) >= 1


def test_grey_lines_on_a_shaded_ground_are_ink_and_specks_and_grain_are_not() -> None:
    ground = np.tile(np.linspace(250, 150, 400).astype(np.uint8), (300, 1))
    grain = np.random.default_rng(1).integers(-12, 13, ground.shape)
    grey = np.clip(ground + grain, 0, 255).astype(np.uint8)
    grey[148:151, 40:360] -= 110
    grey[40:42, 40:42] = 0
    bits = ink(grey)
    assert bits[149, 45:355].all() and bits.sum() < 1.2 * 3 * 320
    assert not bits[30:50, 30:50].any()


def test_letters_beside_each_other_are_neighbours_across_the_gap_and_far_ones_are_not() -> None:
    grey = line(line(sheet(), (100, 100), (100, 130)), (120, 100), (120, 130))
    line(grey, (300, 100), (300, 130))
    strokes = drawn(grey)
    place = {int(x): n for n, x in enumerate(np.rint(strokes.controls[:, 0, 0]))}
    assert strokes.touching.shape == (0, 2)
    assert strokes.beside.tolist() == [sorted((place[100], place[120]))]


@pytest.mark.parametrize("shade", [255, 0, 128])
def test_a_sheet_of_one_shade_has_no_strokes_and_breaks_nothing(shade: int) -> None:
    strokes = drawn(np.full((80, 90), shade, np.uint8))
    assert strokes.controls.shape == (0, 4, 2) and strokes.touching.shape == strokes.beside.shape == (0, 2)


@pytest.mark.parametrize("turn", [0, 30, 45])
@pytest.mark.parametrize("wide", [1.5, 2.2, 4.0])
def test_a_width_is_told_to_a_part_of_a_pixel_in_any_direction(wide: float, turn: int) -> None:
    row, column = np.mgrid[-60:61, -60:61]
    off = np.abs(row * np.cos(np.radians(turn)) - column * np.sin(np.radians(turn)))
    grey = (255 * np.clip(off - wide / 2 + 0.5, 0, 1)).astype(np.uint8)
    assert widths(grey, grey < 128)[60, 60] == pytest.approx(wide, rel=0.12)
