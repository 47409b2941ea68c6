"""Draws what was measured: each setting by its time and error, with the front that no other setting beats. SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from rung.lab.advice import front
from rung.lab.grid import shown
from rung.lab.study import Row

WIDTH, HEIGHT = 900, 560
LEFT, RIGHT, TOP, BOTTOM = 84, 60, 60, 64
INK, PALE, LINE, GOOD, BASE = "#1d2733", "#7b8794", "#d5dbe1", "#0b7a55", "#b4540a"
_LOG_FROM = 6.0
"""Times that differ by so much stand on a logarithmic axis."""


@dataclass(frozen=True, slots=True)
class _Axis:
    """low, high: of the values. start, end: of their places in the picture."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        low, high, here = (math.log(v) if self.log else v for v in (self.low, self.high, value))
        return self.start + (here - low) / (high - low) * (self.end - self.start)

    def ticks(self) -> list[float]:
        if self.log:
            tens = 10.0 ** math.floor(math.log10(self.low))
            steps = [tens * factor * 10**power for power in range(6) for factor in (1, 2, 5)]
            return [v for v in steps if self.low <= v <= self.high]
        step = _nice((self.high - self.low) / 5)
        first = math.ceil(self.low / step)
        return [i * step for i in range(first, math.floor(self.high / step + 1e-9) + 1)]


def _nice(step: float) -> float:
    """1, 2 or 5 times a power of ten, at least `step`."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))


def pareto_picture(rows: Sequence[Row], *, title: str, metric: str, chosen: int | None) -> str:
    """The SVG's text. Rows without time or error are left out, and counted in a line below.

    title, metric: what was varied, and what the error is.
    """
    drawn = [(at, row) for at, row in enumerate(rows) if row.seconds is not None and row.error is not None]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(LEFT, 32, title, size=18, colour=INK, bold=True),
    ]
    if drawn:
        across, along = _axes([row for _, row in drawn])
        parts += _grid(across, along, metric)
        parts += _front_line([rows[at] for at in sorted(front(rows))], across, along)
        for number, (at, row) in enumerate(drawn):
            parts += _mark(row, across, along, number, best=at == chosen, base=at == 0)
    left_out = len(rows) - len(drawn)
    if left_out:
        parts.append(_text(LEFT, HEIGHT - 8, f"{left_out} of {len(rows)} settings have no figures", size=12))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _axes(rows: Sequence[Row]) -> tuple[_Axis, _Axis]:
    times = [row.seconds for row in rows if row.seconds is not None]
    errors = [v for row in rows for v in (row.error, row.low, row.high) if v is not None]
    log = min(times) > 0 and max(times) / min(times) >= _LOG_FROM
    if log:
        across = _Axis(min(times) / 1.3, max(times) * 1.3, LEFT, WIDTH - RIGHT, log=True)
    else:
        margin = max((max(times) - min(times)) * 0.1, max(times) * 0.05, 1e-6)
        across = _Axis(max(min(times) - margin, 0.0), max(times) + margin, LEFT, WIDTH - RIGHT)
    margin = max((max(errors) - min(errors)) * 0.08, 1e-4)
    along = _Axis(max(min(errors) - margin, 0.0), max(errors) + margin, HEIGHT - BOTTOM, TOP)
    return across, along


def _grid(across: _Axis, along: _Axis, metric: str) -> list[str]:
    parts = []
    for value in across.ticks():
        x = across.at(value)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="{LINE}"/>')
        parts.append(_text(x, HEIGHT - BOTTOM + 18, f"{value:.3g}", anchor="middle"))
    for value in along.ticks():
        y = along.at(value)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{LINE}"/>')
        parts.append(_text(LEFT - 8, y + 4, f"{value:.3g}", anchor="end"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 22, "seconds per run (left is faster)", anchor="middle"))
    parts.append(_text(LEFT, TOP - 10, f"{metric} (median; the bars hold nine tenths of the runs; low is better)"))
    return parts


def _front_line(rows: Sequence[Row], across: _Axis, along: _Axis) -> list[str]:
    """Steps: what is reached in at most so many seconds."""
    ends = sorted((row.seconds or 0.0, row.error or 0.0) for row in rows)
    places: list[str] = []
    for number, (seconds, error) in enumerate(ends):
        if number:
            places.append(f"{across.at(seconds):.1f},{along.at(ends[number - 1][1]):.1f}")
        places.append(f"{across.at(seconds):.1f},{along.at(error):.1f}")
    return [f'<polyline points="{" ".join(places)}" fill="none" stroke="{GOOD}" stroke-width="2"/>']


def _mark(row: Row, across: _Axis, along: _Axis, number: int, *, best: bool, base: bool) -> list[str]:
    assert row.seconds is not None and row.error is not None
    x, y = across.at(row.seconds), along.at(row.error)
    colour = GOOD if best else BASE if base else PALE
    parts = []
    if row.low is not None and row.high is not None:
        ends = f'y1="{along.at(row.low):.1f}" y2="{along.at(row.high):.1f}"'
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" {ends} stroke="{colour}" stroke-opacity="0.5"/>')
    parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{7 if best or base else 5}" fill="{colour}"/>')
    said = shown(row.setting) + (" (recommended)" if best else "") + (" (baseline)" if base else "")
    left = x > LEFT + (WIDTH - RIGHT - LEFT) * 0.7
    place = (x - 10 if left else x + 10, y + (16 if number % 2 else -7))
    parts.append(_text(*place, said, size=12, colour=colour, anchor="end" if left else "start", bold=best))
    return parts


def _text(
    x: float, y: float, said: str, *, size: int = 13, colour: str = PALE, anchor: str = "start", bold: bool = False
) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"{weight}'
        ' stroke="#ffffff" stroke-width="3" paint-order="stroke">'
        f"{escape(said)}</text>"
    )
