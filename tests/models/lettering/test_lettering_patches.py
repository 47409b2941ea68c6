"""Patches: they cover the picture with at least the overlap asked for, empty ones are passed over, maps join."""

from itertools import pairwise

import numpy as np
import pytest

from rung.models.lettering.patches import places, starts, stitched


@pytest.mark.parametrize(
    ("length", "side", "overlap"), [(100, 480, 0.1), (481, 480, 0.1), (3307, 480, 0.1), (700, 64, 0.5)]
)
def test_patches_cover_a_length_and_share_at_least_the_overlap(length: int, side: int, overlap: float) -> None:
    begins = starts(length, side, overlap)
    assert begins[0] == 0 and begins[-1] + side >= length and begins[-1] <= max(length - side, 0)
    assert all(one + side - other >= side * overlap - 1 for one, other in pairwise(begins))


def test_the_joined_map_is_that_of_the_whole_and_the_higher_where_patches_overlap() -> None:
    grey = np.random.default_rng(1).integers(0, 256, (90, 130), np.uint8)
    assert np.array_equal(stitched(grey, 64, 0.25, lambda patch: patch.astype(np.float32) / 255.0), grey)
    seen = iter((0.2, 0.8))
    joined = stitched(grey[:, :100], 90, 0.5, lambda patch: np.full(patch.shape, next(seen), np.float32))
    assert (joined[0, 0], joined[0, 50], joined[0, 99]) == (51, 204, 204)


def test_a_patch_without_ink_is_not_looked_at() -> None:
    grey = np.full((64, 256), 255, np.uint8)
    grey[20:30, 200:210] = 0
    looked: list[int] = []

    def look(patch: np.ndarray) -> np.ndarray:
        looked.append(int((patch < 128).sum()))
        return np.ones(patch.shape, np.float32)

    stitched(grey, 64, 0.0, look)
    assert looked == [100] and len(list(places(256, 64, 64, 0.0))) == 4
