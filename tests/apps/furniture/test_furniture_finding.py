"""Which of the things in a picture are pieces of furniture."""

from __future__ import annotations

import pytest
from furniture_maker import thing

from rung.apps.furniture.classes import table
from rung.apps.furniture.finding import candidates, overlap, truncated, whole
from rung.runtime.tasks import Detection, DetectOutput


def found(*things: Detection) -> list[str]:
    output = DetectOutput(detections=things, width=400, height=300)
    return [f"{one.id} {one.label}" for one in candidates(output, (), table(), 0.3)]


def test_overlap_is_the_intersection_over_the_union() -> None:
    assert overlap((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(50 / 150)
    assert overlap((0, 0, 10, 10), (10, 0, 20, 10)) == 0 == overlap((0, 0, 10, 10), (50, 50, 60, 60))


def test_a_bed_seen_with_its_feet_and_without_is_one_bed() -> None:
    assert found(thing("bed", (236, 134, 390, 258)), thing("bed", (245, 133, 370, 211), 0.31)) == ["1 bed"]


def test_two_chairs_side_by_side_and_one_far_behind_another_are_two() -> None:
    assert len(found(thing("chair", (10, 10, 100, 200)), thing("chair", (60, 10, 150, 200)))) == 2
    assert len(found(thing("chair", (10, 10, 200, 290)), thing("chair", (80, 60, 150, 150)))) == 2


def test_an_armchair_that_is_also_a_chair_is_what_it_is_more_surely() -> None:
    assert found(thing("armchair", (10, 10, 100, 200), 0.8), thing("chair", (12, 10, 100, 200), 0.7)) == ["1 armchair"]


@pytest.mark.parametrize(
    ("box", "cut"), [((10, 10, 390, 290), False), ((1, 10, 390, 290), True), ((10, 10, 390, 299), True)]
)
def test_what_touches_the_edge_goes_on_beyond_it(box: tuple[int, int, int, int], cut: bool) -> None:
    assert truncated(box, 400, 300) is cut


def test_a_box_in_whole_pixels_lies_in_the_picture_and_is_never_empty() -> None:
    assert whole((-3.2, 4.5, 20.1, 900.0), 400, 300) == (0, 4, 21, 300)
    assert whole((399.9, 299.9, 399.95, 299.95), 400, 300) == (399, 299, 400, 300)
