"""Sheets to train on: those of the train split's offices, each with habits of its own, so that no width of a line and
no arrow is learned by heart."""

from __future__ import annotations

import random
from dataclasses import replace

from rung.lab.sheets.openings import wall, window
from rung.lab.sheets.sheet import PARTS, Sheet, sheet_of
from rung.lab.sheets.splits import SPLITS
from rung.lab.sheets.style import Style, Weights

FIRST = 3_000_001
"""Seed of the first; no split that strokes are measured on has it."""
ARROWS = ("", "", "OPEN30", "OPEN90", "CLOSEDBLANK", "DOTSMALL", "tick", "tick")
BUILDING = 4
"""Every so many sheets one is an architect's, drawn with one pen."""


def practice(number: int) -> Sheet:
    """The sheet of that number, from 0."""
    rng, styles = random.Random(f"{FIRST + number}:habits"), SPLITS["train"].styles
    style = varied(styles[number % len(styles)], rng)
    if number % BUILDING != BUILDING - 1:
        return sheet_of(style, FIRST + number, f"practice-{number:04d}")
    pen = rng.choice((0.15, 0.2, 0.25, 0.35))
    style = replace(style, weights=Weights(thick=pen, thin=pen, text=pen), decimals=0)
    return sheet_of(style, FIRST + number, f"practice-{number:04d}", (window, wall, window, *PARTS[-2:]))


def varied(style: Style, rng: random.Random) -> Style:
    """An office with the fonts and the language of another, and its own lines, arrows and hatches."""
    thick = rng.choice((0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7))
    thin = thick * rng.choice((0.4, 0.5, 0.5, 0.6, 0.8, 1.0))
    return replace(
        style,
        weights=Weights(thick=thick, thin=thin, text=rng.choice((thin, (thin + thick) / 2))),
        arrow=rng.choice(ARROWS),
        arrow_mm=rng.uniform(2, 4),
        above=rng.random() < 0.7,
        hatch=(rng.choice((30.0, 45.0, 45.0, 60.0, 135.0)), rng.uniform(0.8, 4.0)),
        title_block=rng.choice(("wide", "tall", "strip")),
        grid_border=rng.random() < 0.6,
        papers=rng.choice((("A3",), ("A3",), ("A4", "A4 upright"), ("A2",))),
        clutter=rng.uniform(0.2, 0.9),
    )
