"""Boxes fitted to their outlines: sides, place and turn, in heights of the eye and in metres."""

import numpy as np
import pytest
from views import HEIGHT, WIDTH, Camera, box_corners, hull_mask

from rung.models.geometry.cuboid import BASE, EYE, YAW, Depths, Eye, Fit, Seen, Stance, Usual, crossed, fit, placed
from rung.models.geometry.least_squares import minimum
from rung.models.geometry.outline import TOWARD, outline

SIDES = (1.6, 0.6, 0.9)
NOTHING_KNOWN = Usual(sides=np.log([1.0, 1.0, 1.0]), sides_sd=np.full(3, 1.0))


def eye(camera: Camera, up: float = 1.45) -> Eye:
    return Eye(
        width=WIDTH,
        height=HEIGHT,
        focal=camera.focal,
        focal_sd=0.02,
        pitch=camera.pitch,
        pitch_sd=0.01,
        roll=0.0,
        up=up,
        up_sd=0.1,
    )


def seen(camera: Camera, corners: np.ndarray, usual: Usual = NOTHING_KNOWN, **more: object) -> Seen:
    mask, box = hull_mask(camera.pixels(corners))
    return Seen(eye=eye(camera), outline=outline(mask, box, WIDTH, HEIGHT), usual=usual, **more)  # type: ignore[arg-type]


def around(yaw: float) -> tuple[Stance, ...]:
    return (Stance(yaw=yaw, yaw_sd=0.3),)


def test_an_outline_reaches_as_far_as_the_mask_and_knows_where_the_picture_ends() -> None:
    mask = np.zeros((40, 30), np.uint8)
    mask[5:, :25] = 255

    found = outline(mask, (0, 20, 30, 60), 200, 100)

    by_angle = dict(zip(np.rint(np.rad2deg(np.arctan2(TOWARD[1], TOWARD[0]))), found.reach, strict=True))
    assert (by_angle[0], by_angle[180], by_angle[90], by_angle[-90]) == pytest.approx((25, 0, 60, -25), abs=1e-9)
    assert by_angle[45] == pytest.approx((25 + 60) / 2**0.5)
    assert found.cut[16] and not found.cut[0] and not found.cut[8]
    assert found.size == pytest.approx(np.hypot(25, 35))


@pytest.mark.parametrize("yaw", [0.5, -0.6, 1.0])
def test_the_outline_of_a_box_on_the_floor_tells_its_sides(yaw: float) -> None:
    found = fit(seen(Camera(pitch=0.35), box_corners(SIDES, yaw, (0.2, -3.0))), around(yaw + 0.1))

    assert found.sides == pytest.approx(SIDES, rel=0.05)
    assert found.at[YAW] == pytest.approx(yaw, abs=0.05)


def test_metres_follow_the_height_of_the_eye_and_a_depth_map_mends_it() -> None:
    """The camera was held at 1.2 m, 1.45 m is what is believed; a map is right, and surer than the belief."""
    camera = Camera(pitch=0.35, up=1.2)
    corners = box_corners(SIDES, 0.5, (0.2, -3.0))

    blind = fit(seen(camera, corners), around(0.6))
    front = Depths(
        columns=np.array([400.0]), rows=np.array([400.0]), depth=np.array([1.0]), grain=0.02, scale_sd=0.02, up=1.2
    )
    told = fit(seen(camera, corners, depths=front), around(0.6))

    assert blind.sides == pytest.approx(np.array(SIDES) * 1.45 / 1.2, rel=0.05)
    assert np.exp(told.at[EYE]) == pytest.approx(1.2, rel=0.03)
    assert told.sides == pytest.approx(SIDES, rel=0.06)


def test_depths_on_the_thing_say_how_high_it_stands() -> None:
    camera, at = Camera(pitch=0.2), (0.0, -2.5)
    corners = box_corners((0.9, 0.3, 0.6), 0.2, at, base=0.7)
    usual = Usual(sides=np.log([0.9, 0.3, 0.6]), sides_sd=np.full(3, 0.3), base=0.3, base_sd=0.4)
    columns, rows = (one.ravel() for one in np.meshgrid(np.linspace(330, 460, 6), np.linspace(250, 330, 5)))
    depths = Depths(columns=columns, rows=rows, depth=np.full(30, 2.35), grain=0.03, scale_sd=0.02)

    blind, told = (fit(seen(camera, corners, usual, depths=one), around(0.2)) for one in (None, depths))

    assert told.at[BASE] == pytest.approx(0.7, abs=0.12)
    assert abs(told.at[BASE] - 0.7) < abs(blind.at[BASE] - 0.7)


def test_a_side_that_is_not_seen_is_as_unsure_as_what_is_usual() -> None:
    """Straight from the front and at the height of its top nothing shows its depth."""
    camera = Camera(pitch=0.0, up=1.45)
    usual = Usual(sides=np.log([1.0, 0.5, 1.4]), sides_sd=np.full(3, 0.3))

    found = fit(seen(camera, box_corners((1.0, 0.7, 1.4), 0.0, (0, -4)), usual), (Stance(yaw=0.0, yaw_sd=0.04),))

    sd = np.sqrt(np.diag(found.cov))[1:4]
    assert sd[1] > 0.8 * 0.3 and sd[0] < 0.5 * 0.3 and sd[2] < 0.5 * 0.3
    assert found.sides[[0, 2]] == pytest.approx((1.0, 1.4), rel=0.15)


def test_something_that_stands_before_it_does_not_shrink_it_much() -> None:
    corners = box_corners(SIDES, 0.5, (0.2, -3.0))
    mask, box = hull_mask(Camera(pitch=0.35).pixels(corners))
    mask[int(mask.shape[0] * 0.6) :, : int(mask.shape[1] * 0.3)] = 0
    usual = Usual(sides=np.log([1.4, 0.7, 0.8]), sides_sd=np.full(3, 0.25))
    hidden = Seen(eye=eye(Camera(pitch=0.35)), outline=outline(mask, box, WIDTH, HEIGHT), usual=usual)

    sides = fit(hidden, around(0.5)).sides
    assert sides[[0, 2]] == pytest.approx((1.6, 0.9), rel=0.1) and sides[1] == pytest.approx(0.6, rel=0.35)


def test_what_goes_on_beyond_the_edge_of_the_picture_is_not_cut_off_there() -> None:
    """Half of it is to the left of the picture: its width is what is usual, not what is left of it."""
    usual = Usual(sides=np.log([1.5, 0.6, 0.9]), sides_sd=np.full(3, 0.2))

    found = fit(seen(Camera(pitch=0.3), box_corners(SIDES, 0.0, (-2.1, -3.2)), usual), (Stance(yaw=0, yaw_sd=0.05),))

    assert found.sides == pytest.approx(SIDES, rel=0.15)


def test_of_several_stances_the_likeliest_is_taken_and_a_penalty_counts() -> None:
    truth = seen(Camera(pitch=0.35), box_corners(SIDES, 0.5, (0.2, -3.0)))
    right, wrong = Stance(yaw=0.5, yaw_sd=0.05), Stance(yaw=1.1, yaw_sd=0.05)

    assert fit(truth, (wrong, right)).at[YAW] == pytest.approx(0.5, abs=0.1)
    dear = Stance(yaw=0.5, yaw_sd=0.05, penalty=1e6)
    assert fit(truth, (wrong, dear)).at[YAW] == pytest.approx(1.1, abs=0.3)


def test_rays_cross_the_box_where_its_corners_are_and_pixels_are_placed_back_on_it() -> None:
    camera = Camera(pitch=0.3)
    corners = box_corners(SIDES, 0.5, (0.2, -3.0))
    scene = seen(camera, corners)
    at = np.array([0.5, *np.log(SIDES), 0.2 / 1.45, np.log(3.0 / 1.45), 0, 0, 0, np.log(1.45), 0])
    found = Fit(at=at, cov=np.eye(11), cost=0.0)
    middle = camera.pixels(corners.mean(axis=0)[None])[0]

    into, out = crossed(found.at, scene, np.array([middle[0], 5.0]), np.array([middle[1], 5.0]))

    assert into[0] < out[0] and not np.isfinite(into[1])
    for depth in (into[:1], out[:1]):
        (point,) = placed(found.at, scene, middle[:1], middle[1:], depth)
        low, high = np.array([-0.8, 0, -0.3]), np.array([0.8, 0.9, 0.3])
        assert (point >= low - 1e-6).all() and (point <= high + 1e-6).all()
        assert np.isclose(point, low, atol=1e-6).any() or np.isclose(point, high, atol=1e-6).any()


def test_the_least_of_a_bent_valley_is_found() -> None:
    found = minimum(lambda q: np.array([1 - q[0], 3 * (q[1] - q[0] ** 2)]), np.array([-1.0, 1.0]))

    assert found.at == pytest.approx((1, 1), abs=1e-2) and found.cost < 1e-4
