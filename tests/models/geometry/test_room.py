"""The frame of a room from its lines."""

import numpy as np
import pytest
from views import HEIGHT, WIDTH, Camera, room_lines

from rung.models.geometry.camera import Focal, assumed
from rung.models.geometry.room import CERTAIN, seen_frame

GIVEN = Focal(px=600.0, source="given")


@pytest.mark.parametrize(("pitch", "yaw"), [(0.0, 0.4), (0.25, 0.1), (0.4, 1.2)])
def test_the_lines_of_a_room_tell_its_tilt_and_the_turn_of_its_walls(pitch: float, yaw: float) -> None:
    lines = room_lines(Camera(pitch=pitch), yaw)

    frame = seen_frame(lines, GIVEN, WIDTH, HEIGHT)

    assert frame is not None and frame.certainty > 0.8 and frame.focal is GIVEN
    assert frame.pitch == pytest.approx(pitch, abs=0.01) and frame.roll == pytest.approx(0, abs=0.01)
    assert np.sin(2 * (frame.yaw - yaw)) == pytest.approx(0, abs=0.02)


def test_half_of_the_lines_may_be_clutter() -> None:
    rng = np.random.default_rng(2)
    clutter = rng.uniform(0, (WIDTH, HEIGHT, WIDTH, HEIGHT), (40, 4)).astype(np.float32) * 0.3 + 150

    frame = seen_frame(np.vstack([room_lines(Camera(), 0.4), clutter]), GIVEN, WIDTH, HEIGHT)

    assert frame is not None and frame.pitch == pytest.approx(0.25, abs=0.02)


def test_a_focal_length_that_was_only_assumed_is_mended_by_the_lines() -> None:
    focal = assumed(WIDTH, HEIGHT)
    assert focal.px == 600

    frame = seen_frame(room_lines(Camera(focal=480), 0.6), focal, WIDTH, HEIGHT)

    assert frame is not None and frame.focal.source == "estimated"
    assert frame.focal.px == pytest.approx(480, rel=0.06)


def test_lines_at_random_show_no_room() -> None:
    rng = np.random.default_rng(3)
    certainties = []
    for _ in range(5):
        middles, angles = rng.uniform(0, (WIDTH, HEIGHT), (80, 2)), rng.uniform(0, np.pi, 80)
        run = np.stack([np.cos(angles), np.sin(angles)], axis=1) * 30
        lines = np.hstack([middles - run, middles + run]).astype(np.float32)
        certainties.append(seen_frame(lines, GIVEN, WIDTH, HEIGHT))

    assert certainties == [None] * 5
    assert seen_frame(room_lines(Camera(), 0.4, count=9), GIVEN, WIDTH, HEIGHT) is None  # too few
    assert CERTAIN == 0.4
