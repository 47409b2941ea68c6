"""Corrections of a drawing as cases: the matching rule of docs/drawings-truth.md, against values worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from rung.lab.metrics import METRICS, Answer
from rung.runtime.errors import InvalidInput


def at(x: float, y: float, scale: float = 1.0) -> list[list[float]]:
    corners = ((x, y), (x + 60, y), (x + 60, y + 20), (x, y + 20))
    return [[a * scale, b * scale] for a, b in corners]


def said(text: str, polygon: Any, **more: Any) -> dict[str, Any]:
    return {"text": text, "polygon": polygon, "type": "length", "engine": "reader", "alternatives": [], **more}


def answer(*dimensions: dict[str, Any]) -> Answer:
    return Answer({"pages": [{"page": 1, "dpi": 200.0, "dimensions": list(dimensions)}]})


def known(text: str, polygon: Any, **more: Any) -> dict[str, Any]:
    return {"text": text, "polygon": polygon, "page": 1, "dpi": 200, **more}


def errors(answered: Answer, truth: Any) -> tuple[float | None, float | None]:
    return METRICS["dimensions_missed"].measure(answered, truth), METRICS["dimensions_wrong"].measure(answered, truth)


def test_of_four_known_dimensions_two_are_read_right_one_wrong_and_one_not_at_all() -> None:
    read = answer(said("25 H7", at(0, 0)), said("31", at(0, 100)), said("R5", at(0, 200)), said("7", at(0, 900)))
    right = [known("25H7", at(0, 0)), known("30", at(0, 100)), known("R5", at(0, 200)), known("8", at(0, 300))]

    assert errors(read, {"dimensions": right}) == (0.5, 0.5)
    assert errors(read, {"dimensions": right, "incomplete": True}) == (0.5, pytest.approx(1 / 3))


def test_what_a_person_rejected_counts_as_wrong_where_it_is_read_again() -> None:
    truth = {"dimensions": [], "rejected": [{"polygon": at(0, 0), "page": 1, "dpi": 200}], "incomplete": True}

    assert errors(answer(said("1", at(0, 0)), said("7", at(0, 900))), truth) == (None, 1.0)
    assert errors(answer(said("7", at(0, 900))), truth) == (None, None)


def test_a_correction_made_at_another_resolution_finds_its_place_and_another_page_is_another_place() -> None:
    read = answer(said("30", at(400, 400)))

    assert errors(read, {"dimensions": [known("30", at(400, 400, 0.5), dpi=100)]}) == (0.0, 0.0)
    assert errors(read, {"dimensions": [known("30", at(400, 400), page=2)]})[0] == 1.0


@pytest.mark.parametrize(
    ("truth", "why"),
    [
        ({}, "no list `dimensions`"),
        ({"dimensions": [{"text": "3"}]}, "dimension 1 .* wants a `polygon`"),
        ({"dimensions": [known("3", [[0, 0], [1, 1]])]}, "at least three corners"),
    ],
)
def test_a_truth_that_lacks_something_is_told(truth: Any, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        errors(answer(said("3", at(0, 0))), truth)
