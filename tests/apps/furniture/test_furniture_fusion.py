"""Scale and sides from shapes, the class table, and sides by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from rung.apps.furniture.classes import Prior, table
from rung.apps.furniture.fusion import TABLE_SD, Evidence, Shape, fuse


def prior(word: str) -> Prior:
    found = table().meaning(word)
    assert found is not None and found.prior is not None
    return found.prior


def shape(*sides: float, sd: float = 0.2, metric: bool = True, seen: tuple[bool, bool, bool] = (True,) * 3) -> Shape:
    return Shape(log=np.log(sides), sd=np.full(3, sd), seen=seen, metric=metric)


def mm(fused: object) -> list[float]:
    return [float(side) for side in np.exp(fused.log)]  # type: ignore[attr-defined]


def sd(fused: object, axis: int) -> float:
    return float(math.sqrt(fused.cov[axis, axis]))  # type: ignore[attr-defined]


def test_without_a_shape_the_class_alone_speaks() -> None:
    (piece,) = fuse([Evidence(prior=prior("washing machine"))]).pieces

    assert piece is not None and piece.by_shape == (0, 0, 0)
    assert mm(piece) == pytest.approx([700, 850, 1049], rel=0.01)


def test_of_a_thing_without_class_and_shape_nothing_is_said() -> None:
    assert fuse([Evidence(prior=None)]).pieces == (None,)
    assert fuse([Evidence(prior=None, given=(500, None, 700))]).pieces == (None,)


def test_what_a_shape_says_it_does_not_know_counts_once() -> None:
    """Its account holds all of its error, the scale's too: nothing is added to it, and nothing taken."""
    (piece,) = fuse([Evidence(prior=None, shape=shape(800, 500, 700, sd=0.2))]).pieces

    assert piece is not None
    assert [sd(piece, axis) for axis in range(3)] == pytest.approx([0.2] * 3, rel=0.02)


def test_pieces_of_usual_size_mend_the_scale_of_their_neighbours() -> None:
    """All lengths came out a quarter too large; the washing machine tells."""
    sofa = Evidence(prior=prior("sofa"), shape=shape(2500, 1250, 1125, sd=0.5))
    washer = Evidence(prior=prior("washing machine"), shape=shape(875, 1062, 1312, sd=0.5))

    alone, both = fuse([sofa]), fuse([sofa, washer])

    assert both.scale_log is not None and math.exp(both.scale_log) == pytest.approx(0.83, abs=0.05)
    first = both.pieces[0]
    assert first is not None and mm(first) == pytest.approx([2000, 1000, 900], rel=0.15)
    assert alone.pieces[0] is not None and sd(first, 0) < sd(alone.pieces[0], 0)
    assert both.pieces[1] is not None and both.pieces[1].yardstick > 0.3


def test_however_many_pieces_the_table_tells_the_scale_no_better_than_the_table_is() -> None:
    found = fuse([Evidence(prior=prior("washing machine"), shape=shape(7, 8.5, 10.5, metric=False)) for _ in range(30)])

    assert found.scale_sd == pytest.approx(TABLE_SD, rel=0.1)


def test_lengths_right_up_to_a_factor_get_their_scale_from_the_classes_alone() -> None:
    """The sofa's own size is wide open; its shape and the refrigerator tell which one it is."""
    found = fuse(
        [
            Evidence(prior=prior("sofa"), shape=shape(20.0, 10.0, 9.0, sd=0.05, metric=False)),
            Evidence(prior=prior("washing machine"), shape=shape(7.0, 8.5, 10.5, sd=0.05, metric=False)),
        ]
    )

    assert found.pieces[0] is not None and mm(found.pieces[0]) == pytest.approx([2000, 1000, 900], rel=0.05)
    assert found.scale_log is not None and math.exp(found.scale_log) == pytest.approx(100, rel=0.05)


def test_a_shape_right_up_to_a_factor_has_no_size_until_something_tells_the_factor() -> None:
    """1 unit is not 1000 mm."""
    cube = Evidence(prior=None, shape=shape(6.0, 6.0, 12.0, sd=0.05, metric=False))
    unseen = Evidence(prior=prior("sofa"), shape=shape(20.0, 10.0, 9.0, metric=False, seen=(False,) * 3))
    in_metres = Evidence(prior=None, shape=shape(600, 600, 600))
    by_class = Evidence(prior=prior("washing machine"), shape=shape(7.0, 8.5, 10.5, sd=0.05, metric=False))

    assert (fuse([cube]).pieces, fuse([cube]).scale_log) == ((None,), None)
    assert fuse([cube, unseen]).pieces[0] is None and fuse([cube, unseen]).pieces[1] is not None
    assert mm(fuse([cube, by_class]).pieces[0]) == pytest.approx([600, 600, 1200], rel=0.05)
    assert mm(fuse([replace(cube, given=(600, None, None))]).pieces[0]) == pytest.approx([600, 600, 1200], rel=0.05)
    assert fuse([cube, in_metres]).pieces[0] is None, "another model's metres are not the units of this one"


def test_what_has_no_class_follows_the_scale_and_tells_nothing_of_it() -> None:
    by_class = Evidence(prior=prior("washing machine"), shape=shape(7.0, 8.5, 10.5, sd=0.05, metric=False))
    cube = Evidence(prior=None, shape=shape(6.0, 6.0, 12.0, metric=False, seen=(True, True, False)))

    alone, among = fuse([by_class]), fuse([by_class, *[cube] * 20])

    assert (among.scale_log, among.scale_sd) == pytest.approx((alone.scale_log, alone.scale_sd), abs=1e-3)
    assert mm(among.pieces[1]) == pytest.approx([600, 600, 1200], rel=0.05), "also the side that was not seen"


def test_metres_are_not_multiplied_by_the_factor_of_what_has_none() -> None:
    in_metres = Evidence(prior=None, shape=shape(600, 600, 600))
    by_class = Evidence(prior=prior("washing machine"), shape=shape(7.0, 8.5, 10.5, sd=0.05, metric=False))

    alone, both = fuse([in_metres]), fuse([in_metres, by_class])

    assert mm(both.pieces[0]) == pytest.approx(mm(alone.pieces[0])) and both.scale_log == alone.scale_log
    assert mm(both.pieces[1]) == pytest.approx([700, 850, 1050], rel=0.05)


def test_a_side_that_was_not_seen_does_not_count_its_prior_twice() -> None:
    known = prior("sofa")
    completed = shape(2000, math.exp(known.mean[1]), 900, seen=(True, False, True))

    (piece,) = fuse([Evidence(prior=known, shape=completed)]).pieces
    (width_and_height,) = fuse([Evidence(prior=known, shape=shape(2000, 99_999, 900, seen=(True, False, True)))]).pieces

    assert piece is not None and width_and_height is not None
    assert piece.by_shape[1] == pytest.approx(0, abs=1e-3)
    assert piece.cov == pytest.approx(width_and_height.cov), "what the completion says changes nothing"
    assert mm(piece) == pytest.approx(mm(width_and_height), rel=1e-3)


def test_width_and_depth_seen_from_the_side_are_exchanged_where_the_class_is_sure() -> None:
    (sofa,) = fuse([Evidence(prior=prior("sofa"), shape=shape(1000, 3000, 900, sd=0.1))]).pieces
    (chair,) = fuse([Evidence(prior=prior("chair"), shape=shape(500, 600, 900, sd=0.1))]).pieces

    assert sofa is not None and sofa.turned and mm(sofa)[:2] == pytest.approx([3000, 1000], rel=0.1)
    assert chair is not None and not chair.turned


def test_a_dolls_house_does_not_drag_the_scale() -> None:
    def scale(*evidence: Evidence) -> float:
        found = fuse(evidence).scale_log
        assert found is not None
        return math.exp(found)

    real = (
        Evidence(prior=prior("sofa"), shape=shape(2100, 1000, 900)),
        Evidence(prior=prior("washing machine"), shape=shape(700, 850, 1050)),
    )
    toy = Evidence(prior=prior("refrigerator"), shape=shape(90, 90, 180))

    assert scale(*real, toy) == pytest.approx(scale(*real), rel=0.1)
    last = fuse([*real, toy]).pieces[2]
    assert last is not None and last.unlike and mm(last)[2] < 300


def test_a_side_by_hand_is_believed_and_gives_the_picture_its_scale() -> None:
    table_by_hand = Evidence(prior=prior("dining table"), shape=shape(2250, 1200, 1125), given=(1500, None, None))
    thing = Evidence(prior=None, shape=shape(600, 600, 600))

    found = fuse([table_by_hand, thing])

    first, second = found.pieces
    assert first is not None and second is not None
    assert mm(first)[0] == pytest.approx(1500, rel=0.01) and sd(first, 0) < 0.02
    unscaled = fuse([thing]).pieces[0]
    assert unscaled is not None and mm(unscaled) == pytest.approx([600, 600, 600], rel=0.01)
    assert 400 < mm(second)[0] < 510, "between what was measured and what the table says of the scale"


def test_a_shape_guessed_of_a_piece_beyond_the_edge_is_believed_less() -> None:
    whole, cut = (
        fuse([Evidence(prior=prior("sofa"), shape=shape(1200, 1000, 900), guessed=cut)]).pieces[0]
        for cut in (False, True)
    )
    assert whole is not None and cut is not None

    assert sd(cut, 0) > 1.5 * sd(whole, 0)
    assert mm(cut)[0] > mm(whole)[0], "it leans to its class"


def test_intervals_hold_what_they_promise_in_a_world_that_is_as_the_model_says() -> None:
    """500 rooms of three pieces drawn from the table: nine of ten true sides lie within, and not all of them."""
    dice = np.random.default_rng(5)
    within = []
    for _ in range(500):
        scale, evidence, truths = dice.normal(0, 0.2 * math.sqrt(0.5)), [], []
        for word in ("sofa", "refrigerator", "chair"):
            known = prior(word)
            truth = dice.multivariate_normal(known.mean, known.cov)
            seen = truth - scale + dice.normal(0, 0.2 * math.sqrt(0.5), 3)
            evidence.append(
                Evidence(prior=known, shape=Shape(log=seen, sd=np.full(3, 0.2), seen=(True,) * 3, metric=True))
            )
            truths.append(truth)
        for truth, piece in zip(truths, fuse(evidence).pieces, strict=True):
            assert piece is not None
            within += list(np.abs(truth - piece.log) <= 1.6449 * np.sqrt(np.diag(piece.cov)))

    assert 0.86 < np.mean(within) < 0.94
