"""Decides what is recommended, and says why; shows where more is not better, and whether gains add up. Pure.

The rule: of the settings that failed nowhere, the fastest whose error is not more than `within` above the baseline's,
the standard error of that difference counted against it. Where nothing is at least FASTER times as fast, one that is no
slower by that factor and surely nearer; else the baseline stays. No figure is smoothed, and none is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rung.lab.grid import Value, Vary, shown, word
from rung.lab.study import Row

FASTER = 1.05
WITHIN = 0.02


@dataclass(frozen=True, slots=True)
class Advice:
    """chosen: the row's place; None where nothing was measured. reasons: sentences."""

    chosen: int | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What one change saves. alone: against none of the changes; removed: all of them against all but this one.

    In seconds per run, and in error added (None: not measured).
    """

    name: str
    alone_s: float | None
    removed_s: float | None
    alone_error: float | None
    removed_error: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ablation:
    """Each change's gain. together: what all of them save in seconds; sentence: whether the gains add up."""

    gains: tuple[Gain, ...]
    together_s: float | None
    sentence: str


def front(rows: Sequence[Row]) -> frozenset[int]:
    """The settings that no other one beats in both time and error (equal in one, better in the other)."""
    known = [(at, row.seconds, row.error) for at, row in enumerate(rows) if _whole(row)]
    return frozenset(
        at
        for at, seconds, error in known
        if not any(
            s <= seconds and e <= error and (s < seconds or e < error)
            for other, s, e in known
            if other != at and s is not None and e is not None and seconds is not None and error is not None
        )
    )


def _whole(row: Row) -> bool:
    return row.seconds is not None and row.error is not None and not row.failed


def recommend(rows: Sequence[Row], within: float = WITHIN) -> Advice:
    """within: how much more error than the baseline's is taken for speed, in the metric's own unit."""
    if not rows or rows[0].seconds is None:
        why = "; ".join(rows[0].failures) if rows else ""
        return Advice(None, (f"The baseline could not be run, so there is nothing to compare with. {why}".rstrip(),))
    able = [at for at, row in enumerate(rows) if at and _whole(row)]
    faster = [at for at in able if _worst(rows[at]) <= within and _gain(rows[at]) >= FASTER]
    nearer = [at for at in able if _worst(rows[at]) < 0 and _gain(rows[at]) >= 1 / FASTER]
    if faster:
        chosen = max(faster, key=lambda at: (_gain(rows[at]), -_worst(rows[at])))
    elif nearer:
        chosen = min(nearer, key=lambda at: _worst(rows[at]))
    else:
        return Advice(0, (f"The baseline stays ({shown(rows[0].setting)}).", *_why_not(rows, 0, within)))
    row = rows[chosen]
    said = f"{shown(row.setting)}: {_gain(row):.2f}x as fast as {shown(rows[0].setting)}, {_cost(row)}"
    limit = f"Up to {within:g} more error was allowed, the standard error counted."
    return Advice(chosen, (f"{said}.", limit, *_doubt(row), *_why_not(rows, chosen, within)))


def _worst(row: Row) -> float:
    return float("inf") if row.change is None else row.change + (row.change_se or 0.0)


def _gain(row: Row) -> float:
    return row.speed_up or 0.0


def _cost(row: Row) -> str:
    assert row.change is not None
    spread = f" ± {row.change_se:.3g}" if row.change_se is not None else ""
    return f"the error {abs(row.change):.3g}{spread} {'higher' if row.change > 0 else 'lower'}"


def _doubt(row: Row) -> Iterator[str]:
    if row.change_se is None:
        yield "It rests on one run: nobody knows how it varies."
    elif row.runs < 5:
        yield f"It rests on {row.runs} runs; more cases would say more."


def _why_not(rows: Sequence[Row], chosen: int, within: float) -> Iterator[str]:
    """What speaks against each other setting that is faster than the chosen one, or as good."""
    for at, row in enumerate(rows):
        if at == chosen or not at:
            continue
        name = shown(row.setting)
        if row.failed or row.seconds is None:
            yield (
                f"{name}: failed in {row.failed} of {row.failed + row.runs} runs: {row.failures[0]}"
                if (row.failures)
                else f"{name}: was not measured."
            )
        elif row.change is None:
            yield f"{name}: there was nothing to compare in any case."
        elif row.change == 0 and row.change_se == 0:
            yield f"{name}: the baseline's error to the last digit in all {row.runs} runs; does what answered heed it?"
        elif _gain(row) > _gain(rows[chosen]) and row.change > within:
            yield f"{name}: {_gain(row):.2f}x as fast, but {_cost(row)}."
        elif _gain(row) > _gain(rows[chosen]) and _worst(row) > within:
            yield f"{name}: {_gain(row):.2f}x as fast and {_cost(row)}, but {row.runs} runs do not rule out more."
        elif _gain(row) < FASTER and row.change < -(row.change_se or 0.0):
            longer = 1 / max(_gain(row), 1e-9)
            yield f"{name}: no faster, but {_cost(row)}: take it where that is worth {longer:.2f}x the time."


def turns(rows: Sequence[Row], varied: Sequence[Vary]) -> tuple[str, ...]:
    """A sentence for each parameter of numbers whose error does not go one way, the others at the baseline's values.

    Steps smaller than the standard errors of both neighbours are no turn.
    """
    return tuple(
        sentence for vary in varied if (sentence := _turn(vary.name, _along(rows, vary.name, rows[0]))) is not None
    )


def _along(rows: Sequence[Row], name: str, base: Row) -> list[tuple[float, Row]]:
    """The rows in which only that parameter differs from the baseline, by its value."""
    found = []
    for row in rows:
        value: Value = row.setting[name]
        others = all(row.setting[key] == base.setting[key] for key in base.setting if key != name)
        if others and isinstance(value, int | float) and not isinstance(value, bool) and row.change is not None:
            found.append((float(value), row))
    return sorted(found, key=lambda entry: entry[0])


def _turn(name: str, along: list[tuple[float, Row]]) -> str | None:
    steps = []
    for (_, one), (_, other) in pairwise(along):
        assert one.change is not None and other.change is not None
        by = other.change - one.change
        steps.append(0 if abs(by) <= max(one.change_se or 0.0, other.change_se or 0.0) else (1 if by > 0 else -1))
    if len({step for step in steps if step}) < 2:
        return None
    listed = ", ".join(f"{word(row.setting[name])}: {row.change:+.3g}" for _, row in along)
    return f"{name}: the error does not go one way ({listed} against the baseline); nothing was smoothed."


def ablation(rows: Sequence[Row], varied: Sequence[Vary]) -> Ablation:
    """rows: of `grid.ablation_settings`."""
    none = {vary.name: vary.values[0] for vary in varied}
    every = {vary.name: vary.values[1] for vary in varied}
    base, full = _row_of(rows, none), _row_of(rows, every)
    gains = []
    for vary in varied:
        alone = _row_of(rows, none | {vary.name: vary.values[1]})
        without = _row_of(rows, every | {vary.name: vary.values[0]})
        gains.append(
            Gain(
                name=f"{vary.name}={word(vary.values[1])}",
                alone_s=_less(base.seconds, alone.seconds),
                removed_s=_less(without.seconds, full.seconds),
                alone_error=_less(alone.error, base.error),
                removed_error=_less(full.error, without.error),
            )
        )
    together = _less(base.seconds, full.seconds)
    return Ablation(gains=tuple(gains), together_s=together, sentence=_adds_up(gains, together))


def _row_of(rows: Sequence[Row], setting: dict[str, Value]) -> Row:
    return next(row for row in rows if dict(row.setting) == setting)


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _adds_up(gains: Sequence[Gain], together: float | None) -> str:
    alone = [gain.alone_s for gain in gains]
    if together is None or any(one is None for one in alone):
        return "Whether the gains add up is unknown: not every setting could be run."
    total = sum(one for one in alone if one is not None)
    said = f"Alone they save {total:.3g} s in sum, together {together:.3g} s"
    if abs(together - total) <= 0.1 * max(abs(total), abs(together)):
        return f"{said}: the gains add up."
    return f"{said}: they {'overlap' if together < total else 'help each other'}, and do not add up."
