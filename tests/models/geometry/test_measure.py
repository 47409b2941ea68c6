"""Box and filled volume of clouds whose measures are known."""

import time

import numpy as np
import pytest
from shapes import block, gaussians

from rung.models.geometry import ply
from rung.models.geometry.box import in_box, upright_box
from rung.models.geometry.cloud import Cloud, Gaussians, solid, surface
from rung.models.geometry.measure import measured
from rung.models.geometry.voxels import filled_volume, flooded

SIDES = (1.2, 0.75, 0.5)


@pytest.mark.parametrize("degrees", [0, 7, 33, 45, 80])
def test_a_turned_block_has_its_own_sides_and_place(degrees: int) -> None:
    points = block(20_000, SIDES, np.deg2rad(degrees), (3, 1, -2))

    box = upright_box(points)

    assert box.sides == pytest.approx(SIDES, rel=0.02)
    assert box.yaw == pytest.approx(np.deg2rad(degrees), abs=0.005)
    assert box.centre == pytest.approx((3, 1, -2), abs=0.02)
    assert np.abs(in_box(points, box)).max(axis=0) == pytest.approx(np.array(SIDES) / 2, abs=0.02)


def test_a_block_turned_by_more_than_a_quarter_is_the_same_box_with_its_sides_exchanged() -> None:
    box = upright_box(block(20_000, SIDES, np.deg2rad(120)))

    assert box.sides == pytest.approx((0.5, 0.75, 1.2), rel=0.02)
    assert box.yaw == pytest.approx(np.deg2rad(30), abs=0.005)


def test_strays_do_not_widen_the_box() -> None:
    points = block(20_000, SIDES, 0.4)
    strays = np.random.default_rng(1).normal(0, 6, (80, 3)).astype(np.float32)

    assert upright_box(np.vstack([points, strays])).sides == pytest.approx(SIDES, rel=0.03)


def test_a_haze_and_balloons_are_no_surface() -> None:
    good, haze = gaussians(block(1000, SIDES)), gaussians(block(200, (4, 4, 4)), opacity=0.05)
    balloon = gaussians(block(20, (3, 3, 3)), size=0.5)
    lost = gaussians(np.full((3, 3), np.nan))
    parts = [good, haze, balloon, lost]
    together = {name: np.concatenate([getattr(p, name) for p in parts]) for name in Gaussians.__slots__}

    kept = solid(Gaussians(**together))

    assert kept[:1000].all() and not kept[1000:].any()
    assert not solid(gaussians(block(5, SIDES), opacity=0.0)).any()


def test_a_closed_block_is_filled_and_half_of_it_is_half() -> None:
    assert filled_volume(block(100_000, SIDES)) == pytest.approx(np.prod(SIDES), rel=0.02)
    assert filled_volume(block(3_000, SIDES)) == pytest.approx(np.prod(SIDES), rel=0.1)


def test_a_table_fills_its_top_and_legs_and_not_the_space_below() -> None:
    top = block(60_000, (1.2, 0.05, 0.8), centre=(0, 0.7, 0))
    legs = [block(8_000, (0.06, 0.68, 0.06), centre=(x, 0.34, z)) for x in (-0.5, 0.5) for z in (-0.3, 0.3)]
    points = np.vstack([top, *legs])

    measure = measured(Cloud(points=points))

    assert measure is not None and measure.box.volume == pytest.approx(1.2 * 0.725 * 0.8, rel=0.03)
    assert measure.filled == pytest.approx(1.2 * 0.05 * 0.8 + 4 * 0.06 * 0.68 * 0.06, rel=0.25)


def test_a_sheet_fills_nothing_to_speak_of_and_too_few_points_are_no_measure() -> None:
    sheet = np.random.default_rng(2).random((5000, 3)).astype(np.float32) * (1, 1, 1e-4)

    assert filled_volume(sheet) < 0.02
    assert filled_volume(sheet * (1, 1, 0)) == 0.0
    assert measured(Cloud(points=sheet[:3])) is None


def test_the_flood_goes_round_corners_and_stops_at_walls() -> None:
    walls = np.zeros((5, 7, 7), np.bool_)
    walls[1:4, 1:6, 1:6] = True
    walls[2, 2:5, 2:5] = False  # a chamber
    assert not flooded(walls)[2, 3, 3]

    walls[2, 3, 1] = False  # a door in its side
    assert flooded(walls)[2, 3, 3] and flooded(walls).sum() == (~walls).sum()


def test_half_a_million_gaussians_to_box_and_volumes_take_under_a_second_of_the_cpu() -> None:
    data = ply.write_gaussians(gaussians(block(500_000, SIDES, 0.5)))
    begun = time.process_time()

    measure = measured(surface(ply.read_gaussians(data)))

    assert time.process_time() - begun < 1.0  # 0.3 s on 2 cores
    assert measure is not None and measure.filled == pytest.approx(np.prod(SIDES), rel=0.02)
