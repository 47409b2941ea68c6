"""The truck: what is promised of every packing, on drawn loads; and the few loads whose answer can be seen."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rung.apps.furniture import packing
from rung.apps.furniture.packing import Spot, in_loading_order, pack

SPACE = (1600, 2800, 1700)
side = st.integers(150, 2000)
piece = st.tuples(side, side, side, st.booleans(), st.booleans())
loads = st.lists(piece, max_size=10)


def packed(load: list[tuple[Any, ...]], space: tuple[int, ...] = SPACE, most: int = 1) -> dict[str, Any]:
    return pack([one[:3] for one in load], space, most, [one[3:] for one in load])  # type: ignore[arg-type, misc]


def corners(placement: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    low = np.array([placement[name] for name in ("x_mm", "y_mm", "z_mm")])
    return low, low + [placement[name] for name in ("width_mm", "depth_mm", "height_mm")]


def common(one: dict[str, Any], other: dict[str, Any]) -> np.ndarray:
    """How far the two reach into each other along x, y and z; negative: apart."""
    (low, high), (their_low, their_high) = corners(one), corners(other)
    return np.minimum(high, their_high) - np.maximum(low, their_low)


@settings(deadline=None, max_examples=30)
@given(loads)
def test_every_piece_is_loaded_or_left_and_keeps_its_sides(load: list[tuple[Any, ...]]) -> None:
    made = packed(load, most=2)

    assert sorted([one["item"] for one in made["placements"]] + made["left"]) == list(range(len(load)))
    for one in made["placements"]:
        width, depth, height = load[one["item"]][:3]
        assert one["height_mm"] == height, "upright"
        assert sorted((one["width_mm"], one["depth_mm"])) == sorted((width, depth))


@settings(deadline=None, max_examples=30)
@given(loads)
def test_nothing_sticks_out_and_nothing_is_in_the_same_place(load: list[tuple[Any, ...]]) -> None:
    made = packed(load, most=2)["placements"]

    for at, one in enumerate(made):
        low, high = corners(one)
        assert (low >= 0).all() and (high <= SPACE).all()
        for other in made[:at]:
            assert other["truck"] != one["truck"] or (common(one, other) <= 0).any()


@settings(deadline=None, max_examples=30)
@given(loads)
def test_every_piece_rests_on_the_floor_or_on_pieces_that_bear(load: list[tuple[Any, ...]]) -> None:
    made = packed(load)["placements"]

    for one in made:
        low, _ = corners(one)
        under = [other for other in made if other is not one and corners(other)[1][2] == low[2] != 0]
        touching = [other for other in under if (common(one, other)[:2] > 0).all()]
        area = sum(common(one, other)[:2].prod() for other in touching)
        assert low[2] == 0 or area >= 0.75 * one["width_mm"] * one["depth_mm"]
        assert all(load[other["item"]][4] for other in touching), "nothing stands on what bears nothing"
        assert low[2] == 0 or not load[one["item"]][3], "what must stand on the floor does"


@settings(deadline=None, max_examples=30)
@given(loads)
def test_nothing_is_loaded_before_what_it_stands_on(load: list[tuple[Any, ...]]) -> None:
    made = packed(load)["placements"]

    for at, one in enumerate(made):
        later = made[at + 1 :]
        assert not any((common(one, other)[:2] > 0).all() and other["z_mm"] < one["z_mm"] for other in later)


def test_a_piece_is_turned_where_it_fits_only_so() -> None:
    (placement,) = packed([(2700, 900, 800, True, True)])["placements"]

    assert (placement["width_mm"], placement["depth_mm"]) == (900, 2700)


def test_equal_boxes_fill_the_truck_without_a_gap() -> None:
    made = pack([(800, 700, 850)] * 16, (1600, 2800, 1700), 1)

    assert made["left"] == [] and len(made["placements"]) == 16


def test_a_piece_stands_on_nothing_that_bears_less_than_three_quarters_of_it() -> None:
    made = [
        packed([(share, 1000, 400, True, True), (1000, 1000, 500, False, True)], (1000, 1000, 1000))["left"]
        for share in (760, 740)
    ]

    assert made == [[], [0]], "the larger one goes first, and nothing is tried with it above the lower one"


def test_two_that_are_higher_than_the_truck_do_not_stand_on_each_other() -> None:
    made = [pack([(1600, 2800, high), (1600, 2800, 850)], SPACE)["left"] for high in (850, 851)]

    assert made == [[], [1]]


def test_what_is_left_goes_into_the_next_truck_and_no_further() -> None:
    made = pack([(1600, 2800, 1000)] * 4, SPACE, 3)

    assert [one["truck"] for one in made["placements"]] == [0, 1, 2] and len(made["left"]) == 1


def test_what_no_truck_can_hold_is_left_and_opens_no_further_truck() -> None:
    made = pack([(3000, 500, 500), (500, 500, 500)], SPACE, 3)

    assert made["left"] == [0] and [one["truck"] for one in made["placements"]] == [0]


def test_a_part_of_a_millimetre_counts_as_a_whole_one() -> None:
    assert pack([(1600.2, 500.0, 500.0)], (1600, 1600, 1700))["left"] == [0]
    (placement,) = pack([(1599.2, 500.0, 500.0)], SPACE)["placements"]
    assert placement["width_mm"] == 1600


def test_an_empty_list_needs_no_truck() -> None:
    assert pack([], SPACE, 3) == {"placements": [], "left": []}


def test_the_same_load_lies_the_same_way_each_time() -> None:
    load = [(300.0 + 71 * k % 900, 400.0, 350.0 + 37 * k % 700) for k in range(20)]

    assert pack(load, SPACE, 2) == pack(load, SPACE, 2)


def spot(item: int, low: tuple[int, int, int], sides: tuple[int, int, int]) -> Spot:
    high = (low[0] + sides[0], low[1] + sides[1], low[2] + sides[2])
    return Spot(item, low, high)


def test_what_stands_at_the_back_and_below_is_carried_in_first() -> None:
    by_the_door = spot(0, (0, 1000, 0), (500, 500, 500))
    at_the_cab = spot(1, (0, 0, 0), (500, 1000, 500))
    on_top_of_it = spot(2, (0, 0, 500), (500, 400, 300))
    on_both = spot(3, (0, 700, 500), (500, 600, 300))

    ordered = in_loading_order([on_both, by_the_door, on_top_of_it, at_the_cab])

    assert [one.item for one in ordered] == [1, 2, 0, 3]


def test_what_stands_before_a_piece_waits_for_it_however_long_that_waits_itself() -> None:
    post = spot(0, (60, 160, 0), (40, 50, 200))
    foot = spot(1, (0, 300, 0), (50, 200, 100))
    board = spot(2, (0, 100, 100), (50, 400, 50))
    behind_the_post = spot(3, (0, 0, 150), (100, 150, 50))

    ordered = in_loading_order([post, foot, board, behind_the_post])

    assert [one.item for one in ordered] == [1, 2, 3, 0]


def test_pieces_that_lock_each_other_in_are_carried_in_all_the_same() -> None:
    """Each rests on one and stands before another: A on B, B behind C, C behind A."""
    a = spot(0, (0, 100, 100), (100, 100, 100))
    b = spot(1, (0, 150, 0), (200, 100, 100))
    c = spot(2, (100, 0, 0), (100, 100, 200))

    assert sorted(one.item for one in in_loading_order([a, b, c])) == [0, 1, 2]


BULKY = [(900.0 + 10 * k, 800.0, 900.0) for k in range(12)]


@pytest.mark.parametrize(("work", "made"), [(10**12, 6), (0, 1)])
def test_the_starts_that_are_left_are_passed_over_when_enough_was_looked_at(
    work: int, made: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts: list[int] = []
    real = packing._from_start
    monkeypatch.setattr(packing, "WORK", work)
    monkeypatch.setattr(packing, "_from_start", lambda *given: starts.append(1) or real(*given))

    pack(BULKY, SPACE)

    assert len(starts) == made


def test_a_start_that_looked_at_enough_leaves_the_rest_to_the_next_truck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "WORK_OF_ONE", 0)

    made = pack([(300.0, 300.0, 300.0)] * 3, SPACE, 2)

    assert [one["truck"] for one in made["placements"]] == [0, 1] and len(made["left"]) == 1


def test_of_two_starts_the_one_that_loads_more_is_taken() -> None:
    """Six random loads: what is answered is no worse than any single start."""
    for seed in range(6):
        load = [tuple(map(float, row)) for row in np.random.default_rng(seed).integers(300, 1100, (16, 3))]
        cargo = [packing._cargo(sides, (False, True)) for sides in load]  # type: ignore[arg-type]
        whole = list(range(len(cargo)))
        each = [
            packing._from_start(SPACE, cargo, sorted(whole, key=lambda k: (*order(cargo[k]), k)), prefer).volume
            for order, prefer in packing.STARTS
        ]

        best, _ = packing.fill(SPACE, cargo, whole)

        assert best.volume == max(each)
