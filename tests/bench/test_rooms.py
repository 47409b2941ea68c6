"""The rooms whose sizes are known: what bench/furniture.py calls the truth has to be true."""

import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the bench extra is not installed")

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture(autouse=True)
def bench_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(BENCH), *sys.path])


def test_the_volume_of_solids_counts_what_they_share_once() -> None:
    from _solids import block, volume

    one, other = (block((0.4, 0.3, 0.2), (x, 0.0, 0.0), "wood", bevel=1e-6) for x in (0.0, 0.2))

    assert volume([one]) == pytest.approx(0.4 * 0.3 * 0.2, rel=0.02)
    assert volume([one, other]) == pytest.approx(0.6 * 0.3 * 0.2, rel=0.02)


@pytest.mark.parametrize("name", ["SOFA", "BED", "BOOKSHELF", "POTTED_PLANT", "REFRIGERATOR"])
def test_a_piece_is_exactly_as_large_as_it_says(name: str) -> None:
    from _pieces import KINDS, drawn_size, fitted
    from _solids import extents

    rng = np.random.default_rng(3)
    kind = KINDS[name]
    size = drawn_size(kind, rng)
    width, height, depth = extents(fitted(kind.make(size, rng), size))

    assert (width, depth, height) == pytest.approx(size)


def test_no_piece_has_a_size_of_the_class_table() -> None:
    from _pieces import KINDS, TABLE, drawn_size

    rng = np.random.default_rng(5)
    for name, known in TABLE.items():
        for _ in range(40):
            size = np.array(drawn_size(KINDS[name], rng))
            assert min(np.abs(size / np.array(one) - 1).max() for one in known) >= 0.1


def test_one_seed_is_one_room() -> None:
    from _room import room

    one, other = room(7), room(7)

    assert one.camera == other.camera
    assert [(p.kind.name, p.yaw, p.width) for p in one.pieces] == [(p.kind.name, p.yaw, p.width) for p in other.pieces]
    assert room(11).camera != one.camera


@pytest.mark.parametrize("seed", range(6))
def test_pieces_stand_on_something_within_the_room_and_never_in_each_other(seed: int) -> None:
    from scipy.spatial import ConvexHull

    from _room import overlap, room

    here = room(seed)
    every = [np.concatenate([solid.points for solid in piece.solids]) for piece in here.pieces]

    assert len(every) >= 4
    for points in every:
        assert points[:, 1].min() > -1e-6
        assert points.min(axis=0)[[0, 2]].min() > 0
        assert points[:, 0].max() < here.width and points[:, 2].max() < here.depth
    for one, other in combinations(every, 2):
        if min(one[:, 1].max(), other[:, 1].max()) - max(one[:, 1].min(), other[:, 1].min()) > 0.001:
            flat = [points[:, [0, 2]] for points in (one, other)]
            assert not overlap(*(points[ConvexHull(points).vertices] for points in flat))
