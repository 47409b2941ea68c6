"""What dimensions say: from their parts, in the canonical form that the notation reads."""

import random

import pytest

from rung.lab.sheets.style import Style
from rung.lab.sheets.values import Dress, dressed, limits, printed, value_of
from rung.models import notation

OFFICE = Style(name="x", font="a.ttf", panel_font="a.ttf", diameter="Ø", times="-", by="x", comma=",")
ROUND = Dress(type="diameter", prefix="⌀")


@pytest.mark.parametrize(
    ("nominal", "dress", "text", "shown"),
    [
        (25.5, Dress(), "25.5", "25,5"),
        (9, Dress(type="diameter", prefix="⌀", count=4), "4×⌀9", "4-Ø9"),
        (25, Dress(type="diameter", prefix="⌀", fit="H7", upper=0.021, lower=0.0), "⌀25H7(+0.021/0)", None),
        (40, Dress(upper=0.0, lower=-0.025), "40+0/-0.025", None),
        (40, Dress(upper=-0.02, lower=-0.041), "40-0.020/-0.041", None),
        (40, Dress(upper=0.1, lower=-0.1, digits=2), "40±0.1", "40±0,1"),
        (25, Dress(upper=0.02, lower=-0.01, digits=2, limits=True), "25.02/24.99", None),
        (10, Dress(type="thread", prefix="M", tail="×1.5-6g"), "M10×1.5-6g", "M10x1,5-6g"),
        (30, Dress(type="angle", upper=0.5, lower=-0.5, digits=1), "30°±0.5°", None),
        (12, Dress(form="reference"), "(12)", None),
    ],
)
def test_a_dimension_says_its_parts(nominal: float, dress: Dress, text: str, shown: str | None) -> None:
    value = value_of(nominal, dress, OFFICE)
    assert value.text == text
    if shown is not None:
        assert printed(text, OFFICE, dress.count) == shown


def test_fits_have_the_deviations_of_iso_286() -> None:
    published = {
        ("H7", 25): (0.021, 0),
        ("g6", 50): (-0.009, -0.025),
        ("f7", 80): (-0.03, -0.06),
        ("h6", 10): (0, -0.009),
    }
    assert {key: limits(*key) for key in published} == published
    assert limits("js6", 25) == (0.0065, -0.0065)


def test_the_notation_reads_every_dress_as_it_was_meant() -> None:
    rng, plain = random.Random(7), Style(name="x", font="a.ttf", panel_font="a.ttf")
    for _ in range(300):
        dress = dressed(rng, rng.choice((ROUND, Dress())), nominal := rng.randint(2, 180), inner=rng.random() < 0.5)
        said = value_of(nominal, dress, plain)
        read = notation.parse(said.text)
        assert read is not None and read.text == said.text, said
        assert (read.type, read.fit, read.reference) == (said.type, said.fit, said.form == "reference")
        if said.upper is not None:
            assert (read.upper, read.lower) == (pytest.approx(said.upper), pytest.approx(said.lower))
