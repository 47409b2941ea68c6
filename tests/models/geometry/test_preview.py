"""The small picture: what is near covers what is far, and every shape is drawn whole."""

import io

import numpy as np
from PIL import Image
from shapes import block

from rung.models.geometry.cloud import Cloud
from rung.models.geometry.preview import TURNS, drawn, gif, png

RED, BLUE = (220, 20, 20), (20, 20, 220)


def test_what_is_near_covers_what_is_far() -> None:
    sheet = block(40_000, (1, 1, 0.001))
    near, far = sheet + np.float32([0, 0, 0.2]), sheet * np.float32([0.5, 0.5, 1])
    colours = np.repeat(np.uint8([RED, BLUE]), len(sheet), axis=0)

    front = drawn(Cloud(points=np.vstack([near, far]), colours=colours), 100, 0.0)
    back = drawn(Cloud(points=np.vstack([near, far]), colours=colours), 100, np.pi)

    bluish = [(one[..., 2] > 180) & (one[..., 0] < 160) for one in (front, back)]
    assert bluish[0].sum() < 0.1 * bluish[1].sum()


def test_a_tall_thing_stands_upright_on_the_page() -> None:
    page = drawn(Cloud(points=block(20_000, (0.2, 2.0, 0.2))), 100, 0.0)

    rows, columns = np.nonzero((page != 245).any(axis=2))
    assert np.ptp(rows) > 4 * np.ptp(columns) and np.ptp(rows) > 80


def test_files_open_with_their_sides_and_an_empty_cloud_is_an_empty_page() -> None:
    cloud = Cloud(points=block(500, (1, 1, 1)))

    assert Image.open(io.BytesIO(png(cloud, side=64))).size == (64, 64)
    assert getattr(Image.open(io.BytesIO(gif(cloud, side=48))), "n_frames", 0) == TURNS
    assert (drawn(Cloud(points=np.empty((0, 3), np.float32)), 32, 0.0) == 245).all()
