"""From a net's blurred regions to exact boxes: signs beside it are found, lines and arrows are not, each text once."""

import cv2
import numpy as np
import pytest
from drawn_texts import paper, put, stacked, tile

from rung.models.lettering.finding import lines, once, sizeable
from rung.models.lettering.quads import Quad, axes, measured, overlap, quad
from rung.models.lettering.regions import Region, regions
from rung.models.lettering.tightening import Line


def found_in(picture: np.ndarray, *quads: Quad) -> list[Quad]:
    return [line.quad for line, _ in lines(picture, [Region(quad=one, score=0.9) for one in quads])]


def shrunk(corners: Quad, share: float, askew: float = 0.0, taller: float = 1.3) -> Quad:
    """As a net sees a text: its first part, too tall, a little askew."""
    centre, width, height, angle = measured(corners)
    along = (corners[1] - corners[0]) / width
    middle = np.array(centre) - along * width * (1 - share) / 2
    return quad((float(middle[0]), float(middle[1])), width * share, height * taller, angle + askew)


@pytest.mark.parametrize("angle", [0, 90, 30, -45])
def test_the_box_of_a_text_is_its_signs_although_the_region_misses_the_last(angle: float) -> None:
    picture = paper(600, 500)
    truth = put(picture, tile("125.4"), (300, 250), angle)
    (box,) = found_in(picture, shrunk(truth, 0.7))
    assert overlap(box, truth) > 0.85
    assert measured(box)[3] == pytest.approx(angle, abs=3)


def test_a_dimension_line_with_its_arrows_and_extension_lines_is_left_out() -> None:
    picture = paper(600, 300)
    truth = put(picture, tile("48.5"), (300, 150), 0)
    y = int(truth[2, 1]) + 6
    cv2.line(picture, (250, y), (350, y), 0, 2)
    for x, side in ((250, 1), (350, -1)):
        cv2.fillPoly(picture, [np.array([(x, y), (x + side * 20, y - 4), (x + side * 20, y + 4)])], 0)
        cv2.line(picture, (x, 20), (x, y + 10), 0, 2)
    (box,) = found_in(picture, shrunk(truth, 1.0, taller=1.6))
    assert overlap(box, truth) > 0.85


def test_both_stacked_deviations_belong_to_the_box() -> None:
    picture = paper(600, 300)
    truth = put(picture, stacked("54", "+0.021", "0"), (300, 150), 0)
    (box,) = found_in(picture, shrunk(truth, 0.5, taller=0.9))
    assert overlap(box, truth) > 0.9


def test_a_region_without_signs_is_no_text() -> None:
    picture = paper(400, 400)
    cv2.circle(picture, (200, 200), 80, 0, 3)
    for x in range(0, 120, 8):
        cv2.line(picture, (x, 399), (x + 120, 279), 0, 1)
    assert found_in(picture, quad((200.0, 200.0), 60, 50, 0), quad((100.0, 340.0), 60, 40, 0)) == []


def test_an_upright_line_of_a_table_parts_two_texts() -> None:
    picture = paper(600, 200)
    left, right = put(picture, tile("SCM440"), (220, 100), 0), put(picture, tile("12"), (320, 100), 0)
    x = int(left[1, 0] + right[0, 0]) // 2
    cv2.line(picture, (x, 40), (x, 160), 0, 2)
    boxes = sorted(found_in(picture, quad((250.0, 100.0), 180, 32, 0)), key=lambda one: float(one[0, 0]))
    assert [overlap(box, truth) > 0.85 for box, truth in zip(boxes, (left, right), strict=True)] == [True, True]


def test_two_regions_of_one_text_make_one_box() -> None:
    picture = paper(600, 200)
    truth = put(picture, tile("8x M12"), (300, 100), 0)
    centre, width, height, _ = measured(truth)
    halves = [quad((centre[0] + side * width / 4, centre[1]), width / 2.4, height, 0) for side in (-1, 1)]
    (box,) = found_in(picture, *halves)
    assert overlap(box, truth) > 0.85


def test_a_short_text_is_read_as_its_signs_stand() -> None:
    picture = paper(300, 300)
    lying, standing = put(picture, tile("25"), (80, 150), 90), put(picture, tile("7"), (220, 150), 0)
    wrong = [quad((80.0, 150.0), 40, 36, 0), quad((220.0, 150.0), 30, 22, 90)]
    boxes = sorted(found_in(picture, *wrong), key=lambda one: float(one[:, 0].min()))
    assert [overlap(box, truth) > 0.8 for box, truth in zip(boxes, (lying, standing), strict=True)] == [True, True]
    assert [measured(box)[3] for box in boxes] == pytest.approx([90, 0], abs=1)


def test_texts_of_a_sheet_that_lies_askew_are_read_along_its_axes() -> None:
    picture = paper(900, 500)
    long = [put(picture, tile("123.456"), (450, y), 2) for y in (80, 160, 240)]
    short = put(picture, tile("8"), (450, 380), 2)
    regions = [*(shrunk(one, 1.0, askew=off) for one, off in zip(long, (-1, 0, 1), strict=True)), shrunk(short, 1, 5)]
    assert [measured(box)[3] for box in found_in(picture, *regions)] == pytest.approx([2, 2, 2, 2], abs=0.3)


def test_a_map_s_regions_are_grown_back_to_the_scale_of_the_picture() -> None:
    seen = np.zeros((100, 200), np.uint8)
    seen[40:50, 30:130] = 230
    seen[80:82, 10:12] = 255
    (region,) = regions(seen, 0.5, 0.4, 1.0)
    centre, width, height, angle = measured(region.quad)
    assert (centre, angle) == (pytest.approx((160, 90)), 0)
    assert height == pytest.approx(2 * (10 + 9 * 99 / 108), abs=0.01) and width - height == pytest.approx(180, abs=0.1)
    assert region.score == pytest.approx(230 / 255, abs=0.01)
    assert regions(seen, 0.5, 0.95, 1.0) == []


def test_a_sign_that_a_line_crosses_belongs_to_its_text() -> None:
    picture = paper(600, 300)
    truth = put(picture, tile("300"), (300, 150), 0)
    cv2.line(picture, (int(truth[0, 0]) + 8, 20), (int(truth[0, 0]) + 8, 280), 0, 2)
    (box,) = found_in(picture, shrunk(truth, 1.0))
    assert overlap(box, truth) > 0.8


def test_halves_of_an_arrow_along_its_line_are_no_text() -> None:
    picture = paper(600, 300)
    cv2.line(picture, (100, 150), (500, 150), 0, 2)
    cv2.fillPoly(picture, [np.array([(300, 150), (326, 143), (326, 157)])], 0)
    assert found_in(picture, quad((313.0, 150.0), 30, 20, 0), quad((313.0, 150.0), 20, 30, 90)) == []


def test_what_is_much_larger_or_smaller_than_the_sheet_s_texts_is_left_out() -> None:
    def line(tall: float, high: float, count: int) -> tuple[Line, float]:
        return Line(quad=quad((0.0, 0.0), 100, high, 0), tall=tall, lean=-0.5, count=count), 0.9

    texts = [line(24, 26, 4), line(26, 40, 6), line(50, 52, 3)]
    kept = sizeable([*texts, line(8, 8, 1), line(120, 120, 2), line(24, 90, 2)])
    assert [one.tall for one, _ in kept] == [24, 26, 50]
    assert len(sizeable([line(8, 8, 1)])) == 1


@pytest.mark.parametrize("angle", [0, 90])
def test_two_limits_one_above_the_other_are_one_text_and_three_rows_of_a_note_are_three(angle: float) -> None:
    picture = paper(900, 900)
    _, down = axes(angle)

    def row(text: str, at: tuple[float, float], rows: float) -> Quad:
        middle = np.array(at) + down * rows * 32
        return put(picture, tile(text), (float(middle[0]), float(middle[1])), angle)

    limits = [row("25.51", (250, 250), 0), row("25.49", (250, 250), 1)]
    note = [row("ABCDE", (600, 600), number) for number in range(3)]
    boxes = found_in(picture, *limits, *note)
    assert len(boxes) == 4
    both = quad(tuple(np.mean([one.mean(axis=0) for one in limits], axis=0)), measured(limits[0])[1], 56, angle)
    assert max(overlap(box, both) for box in boxes) > 0.85


def test_a_diameter_sign_taller_than_its_figures_keeps_no_limit_from_the_other() -> None:
    picture = paper(600, 300)
    upper, lower = put(picture, tile("100.02"), (320, 120), 0), put(picture, tile("99.98"), (328, 149), 0)
    x, y = int(lower[0, 0]) - 18, 149
    cv2.ellipse(picture, (x, y), (10, 12), 0, 0, 360, 0, 3)
    cv2.line(picture, (x - 11, y + 14), (x + 11, y - 14), 0, 3)
    (box,) = found_in(picture, shrunk(upper, 1.0), shrunk(lower, 1.0))
    x0, y0 = box.min(axis=0)
    x1, y1 = box.max(axis=0)
    assert x0 < x - 6 and x1 > upper[1, 0] - 3 and y0 < upper[0, 1] + 3 and y1 > lower[2, 1] - 3


@pytest.mark.parametrize("main", ["63.4", "4"])
@pytest.mark.parametrize("askew", [-9, 8])
def test_a_region_that_looks_turned_by_its_stack_is_read_along_the_axis(main: str, askew: float) -> None:
    picture = paper(600, 300)
    truth = put(picture, stacked(main, "+0.3", "+0.1"), (300, 150), 0)
    (box,) = found_in(picture, shrunk(truth, 1.0, askew=askew, taller=1.2))
    assert measured(box)[3] == pytest.approx(0, abs=0.5) and overlap(box, truth) > 0.85


@pytest.mark.parametrize("angle", [12, -20])
def test_a_text_that_slants_is_not_read_along_the_axis(angle: float) -> None:
    picture = paper(600, 300)
    truth = put(picture, tile("63.45"), (300, 150), angle)
    (box,) = found_in(picture, shrunk(truth, 1.0))
    assert measured(box)[3] == pytest.approx(angle, abs=3) and overlap(box, truth) > 0.8


def test_of_two_boxes_of_one_text_the_level_one_is_kept_unless_the_other_is_much_larger() -> None:
    def line(width: float, high: float, angle: float) -> tuple[Line, float]:
        return Line(quad=quad((300.0, 200.0), width, high, angle), tall=24, lean=-0.5, count=8), 0.9

    level, slanting, text = line(198, 48, 0), line(230, 50, -3.3), line(400, 60, -3.3)
    assert once([slanting, level]) == [level]
    assert once([line(40, 24, 0), text]) == [text]
    assert once([slanting, line(198, 48, -3.3)], askew=-3.3) == [slanting], "the sheet itself lies so"
