"""Shows what `rung tune` found: for people as tables and sentences, for programs as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table

from rung.lab.advice import Ablation, Advice, front
from rung.lab.grid import shown
from rung.lab.metrics import Metric
from rung.lab.study import Row
from rung.lab.tunefile import Claim


def render(
    rows: Sequence[Row], metric: Metric, advice: Advice, turns: Sequence[str], claims: Sequence[Claim | None]
) -> list[RenderableType]:
    """The table, then the sentences. claims: of each row; all None: the columns are left out."""
    claimed, best = any(claims), front(rows)
    table = Table(title=f"{metric.name}: {metric.says}", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("setting", overflow="fold")
    names = ["error", "90 % of runs", "to baseline", "speed-up", "s", "MiB", "runs"]
    for name in [*names, *(["claimed error", "claimed speed-up"] if claimed else [])]:
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("")
    for at, (row, claim) in enumerate(zip(rows, claims, strict=True)):
        told = _claimed(claim) if claimed else []
        table.add_row(shown(row.setting), *_figures(row), *told, _mark(at, best, advice))
    return [table, *answered(rows), *advice.reasons, *turns]


def answered(rows: Sequence[Row]) -> list[str]:
    """Which variants answered: once where they are the same everywhere, else setting by setting."""
    run = [row for row in rows if row.variants]
    if len({row.variants for row in run}) == 1:
        return [f"Answered by {', '.join(run[0].variants)}."]
    return [f"{shown(row.setting)}: answered by {', '.join(row.variants)}." for row in run]


def _figures(row: Row) -> list[str]:
    change = "-" if row.change is None else f"{row.change:+.4g}"
    if row.change is not None and row.change_se:
        change += f" ± {row.change_se:.2g}"
    return [
        _number(row.error, ".4g"),
        "-" if row.low is None or row.high is None else f"{row.low:.3g} to {row.high:.3g}",
        change,
        _number(row.speed_up, ".2f"),
        _number(row.seconds, ".3g"),
        "-" if row.peak is None else f"{row.peak / 2**20:,.0f}",
        f"{row.runs}" + (f" ({row.failed} failed)" if row.failed else ""),
    ]


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _claimed(claim: Claim | None) -> list[str]:
    if claim is None:
        return ["-", "-"]
    return [_number(claim.error, "+.4g"), _number(claim.speed_up, ".2f")]


def _mark(at: int, best: frozenset[int], advice: Advice) -> str:
    words = ["baseline"] if at == 0 else []
    words += ["recommended"] if at == advice.chosen else []
    words += ["on the front"] if at in best and at != advice.chosen else []
    return ", ".join(words)


def render_ablation(found: Ablation) -> list[RenderableType]:
    """Each change alone and removed."""
    table = Table(title="each change by itself", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("change", "alone saves s", "removed costs s", "alone adds error", "removed takes error"):
        table.add_column(name, justify="left" if name == "change" else "right", no_wrap=True)
    for gain in found.gains:
        table.add_row(
            gain.name,
            _number(gain.alone_s, "+.3g"),
            _number(gain.removed_s, "+.3g"),
            _number(gain.alone_error, "+.4g"),
            _number(gain.removed_error, "+.4g"),
        )
    return [table, found.sentence]


def as_document(
    operation: str,
    rows: Sequence[Row],
    metric: Metric,
    advice: Advice,
    turns: Sequence[str],
    claims: Sequence[Claim | None],
    ablated: Ablation | None,
) -> dict[str, Any]:
    """Everything, for programs."""
    best = front(rows)
    return {
        "operation": operation,
        "metric": {"name": metric.name, "says": metric.says, "against": metric.against},
        "rows": [
            {**asdict(row), "on_front": at in best, "claimed": None if claim is None else asdict(claim)}
            for at, (row, claim) in enumerate(zip(rows, claims, strict=True))
        ],
        "chosen": None if advice.chosen is None else dict(rows[advice.chosen].setting),
        "reasons": list(advice.reasons),
        "turns": list(turns),
        "ablation": None if ablated is None else asdict(ablated),
    }
