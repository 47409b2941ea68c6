"""Decides how ladders, models in memory and provenance are laid out for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from nicegui import ui

from rung.console.words import FRAME, Language, say

Cell = str | Callable[[], None]
"""Text, or what draws the cell."""


def table(headers: Sequence[str], rows: Iterable[Sequence[Cell]], *, numbers: Sequence[int] = (), name: str) -> None:
    """A plain table that scrolls sideways where the screen is narrow. numbers: columns set flush right."""
    with (
        ui.element("div").classes("rung-scroll"),
        ui.element("table").classes("rung-table").props(f'data-name="{name}"'),
    ):
        with ui.element("thead"), ui.element("tr"):
            for at, header in enumerate(headers):
                with ui.element("th").classes("rung-number" if at in numbers else ""):
                    ui.label(header)
        with ui.element("tbody"):
            for row in rows:
                with ui.element("tr"):
                    for at, cell in enumerate(row):
                        with ui.element("td").classes("rung-number" if at in numbers else ""):
                            _fill(cell)


def _fill(cell: Cell) -> None:
    if isinstance(cell, str):
        ui.label(cell)
    else:
        cell()


def badge(kind: str, language: Language) -> None:
    """The kind of what answered: real, quantized, substitute, mock."""
    ui.label(say(FRAME, language, f"kind_{kind}")).classes(f"rung-badge rung-kind-{kind}")


def size(bytes_: float | None) -> str:
    """Bytes for people, in binary units."""
    if bytes_ is None:
        return "?"
    return f"{bytes_ / 2**30:.1f} GiB" if bytes_ >= 2**30 else f"{bytes_ / 2**20:.0f} MiB"


def provenance_table(rows: Sequence[Mapping[str, Any]], language: Language) -> None:
    """Who answered each step and in what time; why, beside a variant's first answer. rows: as the API gives them."""
    new = _first_reasons(rows)
    names = ("step", "variant", "kind", "device", "queue_s", "load_s", "run_s")
    table(
        [say(FRAME, language, name) for name in names],
        [
            [
                row["step"] or row["task"],
                _variant(row["variant"], new.get(at, "")),
                _kind(row["kind"], language),
                f"{row['device']} {row['precision'] if row['precision'] != 'none' else ''}".strip(),
                *(f"{row[name]:.2f}" for name in names[4:]),
            ]
            for at, row in enumerate(rows)
        ],
        numbers=(4, 5, 6),
        name="provenance",
    )


def _kind(kind: str, language: Language) -> Callable[[], None]:
    return lambda: badge(kind, language)


def _first_reasons(rows: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Row -> why its variant was chosen, where it answers for the first time; computing has no choice to explain."""
    seen: dict[str, int] = {}
    for at, row in enumerate(rows):
        if row["task"] != "compute":
            seen.setdefault(row["variant"], at)
    return {at: rows[at]["reason"] for at in seen.values()}


def _variant(name: str, reason: str) -> Callable[[], None]:
    def draw() -> None:
        ui.label(name).classes("rung-strong")
        if reason:
            ui.label(reason).classes("rung-note")

    return draw


def tasks_table(tasks: Sequence[Mapping[str, Any]], language: Language) -> None:
    """Which rung would answer each task, and what was passed over. tasks: as `GET /v1/tasks` gives them."""
    heads = [say(FRAME, language, key) for key in ("task", "answers", "where", "why")]
    table(heads, [_task_row(task, language) for task in tasks], name="tasks")


def _task_row(task: Mapping[str, Any], language: Language) -> list[Cell]:
    rungs, rejected = task["rungs"], task["rejected"]

    def answers() -> None:
        if not rungs:
            ui.label(say(FRAME, language, "off" if task["mode"] == "off" else "nobody")).classes("rung-none")
            return
        ui.label(rungs[0]["variant"]).classes("rung-strong")
        badge(rungs[0]["kind"], language)

    def why() -> None:
        ui.label(rungs[0]["reason"] if rungs else task["note"] or why_not(task))
        if len(rungs) > 1:
            below = ", ".join(rung["variant"] for rung in rungs[1:])
            ui.label(say(FRAME, language, "lower", names=below)).classes("rung-note")
        if rejected:
            with ui.element("details"):
                with ui.element("summary"):
                    ui.label(say(FRAME, language, "passed", n=len(rejected)))
                for one in rejected:
                    ui.label(rejection_text(one)).classes("rung-note")

    where = f"{rungs[0]['device']} {rungs[0]['precision'] if rungs[0]['precision'] != 'none' else ''}" if rungs else ""
    return [task["task"], answers, where, why]


def rejection_text(one: Mapping[str, Any]) -> str:
    """Why a rung was passed over and what would help."""
    said = f"{one['variant']}: {one['reason']}" if one["variant"] else one["reason"]
    return f"{said}. {one['remedy']}" if one["remedy"] else said


def why_not(task: Mapping[str, Any]) -> str:
    """Why no rung of the task can answer, in the plan's own words."""
    if task["note"]:
        return str(task["note"])
    return " · ".join(rejection_text(one) for one in task["rejected"])


def models_table(models: Sequence[Mapping[str, Any]], language: Language) -> None:
    """Every variant that can run here, and its state. models: as `GET /v1/models` gives them."""
    heads = [say(FRAME, language, key) for key in ("model", "task", "state", "memory", "where")]
    rows: list[list[Cell]] = [
        [model["variant"], model["task"], _state(model, language), _memory(model, language), model["device"]]
        for model in models
        if model["feasible"]
    ]
    table(heads, rows, numbers=(), name="models")


def _state(model: Mapping[str, Any], language: Language) -> Callable[[], None]:
    state = model["state"] or {}

    def draw() -> None:
        name = state.get("state", "unloaded")
        # a state that a newer server knows and we do not is shown by its own name
        ui.label(say(FRAME, language, name) if name in FRAME else name).classes(f"rung-state rung-state-{name}")
        notes = [say(FRAME, language, key, n=state[key]) for key in ("running", "queued") if state.get(key)]
        if state.get("pinned"):
            notes.append(say(FRAME, language, "pinned"))
        if notes:
            ui.label(", ".join(notes)).classes("rung-note")

    return draw


def _memory(model: Mapping[str, Any], language: Language) -> str:
    held = (model["state"] or {}).get("bytes")
    return size(held) if held else say(FRAME, language, "when_ready", size=size(model["footprint"]["resident"]))
