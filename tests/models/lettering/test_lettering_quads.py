"""Quads of texts: made and measured back, read in the direction of drawings, turned by quarters."""

import numpy as np
import pytest

from rung.models.lettering.quads import intersection, measured, of_points, overlap, quad, turned, upright


@pytest.mark.parametrize("angle", [0, 30, 90, -60, 92])
def test_a_quad_is_measured_as_it_was_made(angle: float) -> None:
    centre, width, height, found = measured(quad((100.0, 50.0), 80, 20, angle))
    assert (centre, width, height, found) == (
        pytest.approx((100.0, 50.0)), pytest.approx(80), pytest.approx(20), pytest.approx(angle, abs=1e-4)
    )  # fmt: skip


def test_a_text_that_reads_upwards_begins_at_the_bottom_left_of_the_picture() -> None:
    corners = quad((100.0, 50.0), 80, 20, 90)
    assert np.allclose(corners, [(90, 90), (90, 10), (110, 10), (110, 90)])
    assert np.allclose(turned(quad((100.0, 50.0), 20, 80, 0), 1), corners)


@pytest.mark.parametrize(("angle", "read"), [(0, 0), (180, 0), (-90, 90), (90, 90), (-60, -60), (120, -60), (-88, 92)])
def test_a_line_is_read_from_below_or_from_the_right(angle: float, read: float) -> None:
    assert upright(angle) == pytest.approx(read)


def test_the_rectangle_around_points_lies_along_its_longer_side() -> None:
    _, width, height, angle = measured(of_points(np.array([(0, 0), (0, 60), (10, 60), (10, 0)], np.float32)))
    assert (width, height, angle) == (pytest.approx(60), pytest.approx(10), pytest.approx(90))


def test_quads_overlap_by_what_both_cover() -> None:
    one, other = quad((10.0, 10.0), 20, 20, 0), quad((20.0, 10.0), 20, 20, 0)
    assert overlap(one, other) == pytest.approx(1 / 3)
    assert intersection(one, quad((100.0, 10.0), 20, 20, 0)) == 0
