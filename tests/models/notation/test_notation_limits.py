"""ISO 286: published limits, and every figure of the tables against the formula that it was rounded from."""

import tomllib
from importlib.resources import files
from typing import Any

import pytest

from rung.models.notation import parse
from rung.models.notation.limits import deviations, tolerance_um, width

TABLE: dict[str, Any] = tomllib.loads(files("rung.models.notation").joinpath("limits.toml").read_text("utf-8"))

PUBLISHED = """
H7 25 21 0|g6 25 -7 -20|f7 25 -20 -41|H7 450 63 0|H7 1000 90 0|K7 25 6 -15|K7 15 6 -12|P7 25 -14 -35|N9 8 0 -36
P9 8 -15 -51|JS9 8 18 -18|js6 25 6.5 -6.5|J7 25 12 -9|j6 25 9 -4|M6 300 -9 -41|M7 50 0 -25|N7 30 -7 -28|R7 65 -30 -60
n6 3 10 4|M7 2 -2 -12|g6 3 -2 -8
S7 50 -34 -59|k6 40 18 2|k6 600 44 0|n6 20 28 15|p6 40 42 26|s6 60 72 53|u6 24 54 41|x7 25 85 64|e8 100 -72 -126
d9 40 -80 -142|c11 100 -170 -390|h6 50 0 -16|F8 25 53 20|G7 25 28 7|E9 25 92 40|H11 100 220 0|K6 8 2 -7|f6 150 -43 -68
""".replace("\n", "|").strip("|")


@pytest.mark.parametrize("line", PUBLISHED.split("|"))
def test_limits_are_those_that_are_published(line: str) -> None:
    fit, nominal, *micrometres = line.split()

    assert deviations(fit, float(nominal)) == tuple(float(one) / 1000 for one in micrometres)


@pytest.mark.parametrize(
    "sized", [("t6", 10), ("a11", 0.8), ("H7", 4000), ("K9", 50), ("zz7", 5), ("H19", 5), ("H7", 0)]
)
def test_outside_of_the_tables_there_are_no_limits(sized: tuple[str, float]) -> None:
    assert deviations(*sized) is None


def test_the_width_of_a_grade_is_told_in_millimetres() -> None:
    assert width(7, 25) == 0.021 and width(19, 25) is None and width(7, 5000) is None


def test_a_size_on_the_border_belongs_to_the_range_below() -> None:
    assert deviations("H7", 30) == (0.021, 0) and deviations("H7", 30.001) == (0.025, 0)


def test_a_fit_gives_a_dimension_its_limits_by_its_own_size() -> None:
    small, large, pair = parse("⌀40H7"), parse("⌀450H7"), parse("⌀25H7/g6")

    assert small and large and pair
    assert (small.upper, small.lower, small.limits) == (0.025, 0, "fit")
    assert (large.upper, large.lower) == (0.063, 0), "the replaced system gave every H7 the limits of 40 mm"
    assert (pair.upper, pair.lower, pair.fit) == (0.021, 0, "H7/g6")


def test_written_limits_beat_the_table_and_a_difference_is_said() -> None:
    same, other = parse("⌀25H7(+0.021/0)"), parse("⌀25H7(+0.030/0)")

    assert same and other
    assert (same.limits, same.notes) == ("written", ())
    assert other.upper == 0.03 and "differs" in other.notes[0]


def test_a_fit_that_the_tables_lack_is_said() -> None:
    dimension = parse("⌀10t6")

    assert dimension and dimension.upper is None and "no limits for t6" in dimension.notes[0]


# --- each figure against its formula: a slip of the pen does not come near it -------------------------------


def _means(sizes: list[float]) -> list[float]:
    """Geometric mean of each range, from 1 mm on."""
    return [(low * high) ** 0.5 for low, high in zip([1, *sizes], sizes, strict=False)]


WIDE, NARROW = TABLE["grades"]["sizes"], TABLE["shaft"]["narrow"]["sizes"]
MEANS = dict(zip(WIDE, _means(WIDE), strict=True))


def test_tolerances_follow_the_unit_of_tolerance() -> None:
    steps = {"5": 7, "6": 10, "7": 16, "8": 25, "9": 40, "10": 64, "11": 100, "12": 160, "13": 250, "14": 400}
    for grade, factor in {**steps, "15": 640, "16": 1000, "17": 1600, "18": 2500}.items():
        for size, mean in MEANS.items():
            unit = 0.45 * mean ** (1 / 3) + 0.001 * mean if size <= 500 else 0.004 * mean + 2.1
            rel = 0.16 if size == 3 else 0.06  # The first range was rounded most.
            assert tolerance_um(grade, size) == pytest.approx(factor * unit, rel=rel, abs=1), (grade, size)


FORMULAS = {
    "a": lambda d: 265 + 1.3 * d if d <= 120 else 3.5 * d,
    "b": lambda d: 140 + 0.85 * d if d <= 160 else 1.8 * d,
    "c": lambda d: 52 * d**0.2 if d <= 40 else 95 + 0.8 * d,
    "d": lambda d: 16 * d**0.44,
    "e": lambda d: 11 * d**0.41,
    "f": lambda d: 5.5 * d**0.41,
    "g": lambda d: 2.5 * d**0.34,
    "n": lambda d: 5 * d**0.34 if d <= 500 else 0.04 * d + 21,
    "m": lambda d: None if d <= 500 else 0.024 * d + 12.6,
    "p": lambda d: None if d <= 500 else 0.072 * d + 37.8,
}
BEYOND_IT = {"t": (7, 0.63), "u": (7, 1), "v": (7, 1.25), "x": (7, 1.6), "y": (7, 2), "z": (7, 2.5), "za": (8, 3.15)}
BEYOND_IT |= {"zb": (9, 4), "zc": (10, 5)}


def _rows() -> list[tuple[str, float, float, float]]:
    """Letter, largest size, mean size and figure of the whole table."""
    wide = [
        (k, size, mean, v)
        for k, row in TABLE["shaft"]["wide"].items()
        for (size, mean), v in zip(MEANS.items(), row, strict=False)
    ]
    narrow = []
    means = _means(NARROW)
    for letter, row in TABLE["shaft"]["narrow"].items():
        if letter != "sizes":
            first = row.get("from", 0)
            narrow += [(letter, NARROW[first + at], means[first + at], v) for at, v in enumerate(row["values"])]
    return wide + narrow


def test_every_deviation_of_a_shaft_is_near_its_formula() -> None:
    checked = 0
    for letter, size, mean, figure in _rows():
        wanted = FORMULAS[letter](mean) if letter in FORMULAS else None
        if letter in BEYOND_IT:
            grade, share = BEYOND_IT[letter]
            wanted = (tolerance_um(str(grade), size) or 0) + share * mean
        if letter == "m" and 3 < size <= 500:
            wanted = (tolerance_um("7", size) or 0) - (tolerance_um("6", size) or 0)
        # Small sizes were rounded up most; what is published for them stands above.
        if wanted is not None and size > (14 if letter in BEYOND_IT else 3):
            checked += 1
            rel = 0.16 if letter == "c" else 0.085
            assert figure == pytest.approx(wanted, rel=rel, abs=1.6), (letter, size)
    assert checked > 300


def test_every_row_only_grows() -> None:
    rows = [
        *TABLE["shaft"]["wide"].items(),
        *((k, v["values"]) for k, v in TABLE["shaft"]["narrow"].items() if k != "sizes"),
    ]
    for letter, row in rows:
        if letter != "k":
            assert row == sorted(row), letter
