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


@pytest.mark.parametrize("name", ["sofa", "bed", "bookshelf", "potted_plant", "refrigerator"])
def test_a_piece_is_exactly_as_large_as_it_says(name: str) -> None:
    from _pieces import KINDS, drawn_size, fitted
    from _solids import extents

    rng = np.random.default_rng(3)
    kind = KINDS[name]
    size = drawn_size(kind, rng)
    width, height, depth = extents(fitted(kind.make(size, rng), size))

    assert (width, depth, height) == pytest.approx(size)


def test_no_piece_has_a_size_of_the_class_table() -> None:
    from _pieces import KINDS, drawn_size, usual

    rng = np.random.default_rng(5)
    for name, kind in KINDS.items():
        assert usual(name)
        for _ in range(40):
            size = np.array(drawn_size(kind, rng))
            assert min(np.abs(size / np.array(one) - 1).max() for one in usual(name)) >= 0.1


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


def test_mask_depth_and_size_of_a_rendered_piece_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mitsuba", reason="the bench extra is not installed")
    import _render
    from _room import room
    from _solids import yaw_matrix

    monkeypatch.setattr(_render, "WIDTH", 96)
    monkeypatch.setattr(_render, "HEIGHT", 72)
    here = room(4)
    seen = _render.photograph(here, samples=1)

    right, up, ahead = here.camera.axes
    for index, piece in enumerate(here.pieces):
        y, x = np.nonzero(seen.pieces == index)
        if seen.whole[index] > 90:
            assert len(y) > 40, piece.kind.name
        across, down = (x + 0.5 - 48) / seen.focal_px, (y + 0.5 - 36) / seen.focal_px
        away = seen.depth[y, x][:, None]
        points = np.array(here.camera.eye) + away * (ahead + across[:, None] * right - down[:, None] * up)
        every = np.concatenate([solid.points for solid in piece.solids])
        turned, corners = points @ yaw_matrix(piece.yaw), every @ yaw_matrix(piece.yaw)
        assert (turned > corners.min(axis=0) - 0.01).all() and (turned < corners.max(axis=0) + 0.01).all()
        measured = corners.max(axis=0) - corners.min(axis=0)
        assert measured == pytest.approx([piece.width, piece.height, piece.depth])
