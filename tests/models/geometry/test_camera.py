"""Depth maps as points before the eye."""

import numpy as np
import pytest

from rung.models.geometry.camera import Focal, assumed, checked, flat, points, rays


def test_a_pixel_right_and_above_the_middle_is_right_of_the_eye_above_it_and_in_front() -> None:
    (x, y, z) = rays(np.array(150.0), np.array(25.0), 50.0, 200, 100)

    assert (x, y, z) == (1.0, 0.5, -1.0)


def test_the_points_of_a_small_map_cover_the_whole_picture() -> None:
    depth = np.full((2, 4), 3.0, np.float32)

    seen = points(checked(depth, metric=True, focal=Focal(px=100, source="given")), 400, 200)

    assert seen.shape == (2, 4, 3) and (seen[..., 2] == -3).all()
    assert seen[0, 0] == pytest.approx((-3 * 150 / 100, 3 * 50 / 100, -3))
    assert seen[1, 3] == pytest.approx((3 * 150 / 100, -3 * 50 / 100, -3))


def test_what_is_no_depth_is_marked_and_never_a_number_to_reckon_with() -> None:
    depth = np.array([[1.0, np.nan, np.inf, -1.0, 0.0, 5000.0]], np.float32)

    map = checked(depth, metric=True, focal=assumed(4, 3))

    assert map.valid.tolist() == [[True, False, False, False, False, False]]
    assert np.isfinite(map.depth).all() and not map.depth[~map.valid].any()


def test_the_flat_map_has_depth_one_a_stated_camera_and_no_metres() -> None:
    map = flat(400, 1000)

    assert not map.metric and map.valid.all() and (map.depth == 1).all()
    assert map.focal.px == 900 and map.focal.source == "assumed"
    assert map.depth.shape == (64, 26)
