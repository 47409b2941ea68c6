"""Reads generated sheets through a server and compares what came with the truth."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from rung.lab.readings import Pair, Score, Told, normal, overlap
from rung.lab.sheets.sheet import Page
from rung.lab.sheets.truth import SheetTruth
from rung.lab.symbols import Signs, compared
from rung.runtime.client import Client
from rung.runtime.errors import RungError

ALL: Mapping[str, Any] = {"exports": []}
"""Everything that analyze does unless it is told otherwise, and no files drawn for people."""
OUT_OF_CELLS = ("parts",)
"""Kinds of tables whose cells are compared."""


@dataclass(slots=True, kw_only=True)
class Measured:
    """What came of a set of sheets. seconds: per sheet, as the caller waits."""

    dimensions: Score = field(default_factory=Score)
    frames: Score = field(default_factory=Score)
    cells: Score = field(default_factory=Score)
    fields: list[bool] = field(default_factory=list)
    forms: list[bool] = field(default_factory=list)
    meant: list[bool] = field(default_factory=list)
    views: list[bool] = field(default_factory=list)
    views_extra: int = 0
    signs: dict[str, Signs] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def png(page: Page) -> bytes:
    """The page as a file, its resolution left out, as most scans come."""
    return cv2.imencode(".png", page.picture)[1].tobytes()


def measured(
    client: Client,
    pages: Iterable[Page],
    show: Path | None = None,
    *,
    as_file: Callable[[Page], bytes] = png,
    others_count: bool = True,
    **options: Any,
) -> Measured:
    """Each page through `analyze`. show: a folder for overlays that a person looks at. as_file: what is sent.

    others_count: False: dimensions that were read where another text truly stands are neither right nor made up.
    """
    found = Measured()
    for page in pages:
        began = time.perf_counter()
        try:
            reply = client.run("drawings", "analyze", file=as_file(page), dpi=round(page.dpi), **{**ALL, **options})
        except RungError as error:
            found.failed.append(f"{page.truth.name}: {error.code}: {error.message}")
            add(found, page.truth, {})
            continue
        found.seconds.append(time.perf_counter() - began)
        answer = reply.output["pages"][0]
        if not others_count:
            answer = {**answer, "dimensions": [one for one in answer["dimensions"] if not _elsewhere(one, page.truth)]}
        here = add(found, page.truth, answer)
        if show is not None:
            overlay(show, page, here)
    return found


def _elsewhere(answer: Mapping[str, Any], truth: SheetTruth) -> bool:
    """Whether a text that is no dimension entity stands there."""
    x, y = np.mean(np.array(answer["polygon"]), axis=0)
    texts = (one.polygon for one in truth.texts if one.alphabet == "text")
    return any(cv2.pointPolygonTest(np.array(one, np.float32), (float(x), float(y)), False) >= 0 for one in texts)


def add(found: Measured, truth: SheetTruth, answer: Mapping[str, Any]) -> Score:
    """One sheet's answer, compared; gives its dimensions alone."""
    here = found.dimensions.add(
        [Told(text=one.value.text, polygon=one.polygon, kind=one.value.type) for one in truth.dimensions],
        [_dimension(one) for one in answer.get("dimensions", [])],
    )
    _meanings(found, truth, answer)
    frames = found.frames.add(
        [Told(text=one.text, polygon=one.polygon) for one in truth.frames],
        [Told(text=one["text"], polygon=one["polygon"]) for one in answer.get("frames", [])],
    )
    block = answer.get("title_block", {})
    found.fields += [_letters(block.get(one.name, {}).get("text", "")) == _letters(one.text) for one in truth.fields]
    found.cells.add(*_cells(truth, answer))
    _views(found, truth, answer)
    compared(found.signs, truth.areas, answer.get("symbols", []))
    found.faults += [f"{truth.name}: {told(pair)}" for pair in (*here.pairs, *frames.pairs) if not pair.same]
    found.faults += [f"{truth.name}: not there: {one.text} at {_place(one)}" for one in (*here.extra, *frames.extra)]
    return here


def _dimension(one: Mapping[str, Any]) -> Told:
    return Told(text=one["text"], polygon=one["polygon"], kind=one["type"], sure=one.get("confidence"))


def _meanings(found: Measured, truth: SheetTruth, answer: Mapping[str, Any]) -> None:
    """Whether texts that were read right are understood right: figures and fit; and the form."""
    for one in truth.dimensions:
        there = [
            other
            for other in answer.get("dimensions", [])
            if normal(other["text"]) == normal(one.value.text) and overlap(one.polygon, other["polygon"]) >= 0.5
        ]
        if there:
            value, said = one.value, there[0]
            figures = [said["type"] == value.type, said["nominal"] == value.nominal, said["count"] == value.count]
            if value.upper is not None and value.lower is not None:
                figures += [
                    abs((said["upper"] or 0) - value.upper) < 1e-6,
                    abs((said["lower"] or 0) - value.lower) < 1e-6,
                ]
            found.meant.append(all(figures) and (said["fit"] or "") == value.fit)
            if value.form != "plain":
                found.forms.append(said["form"] == value.form)


def _letters(text: str) -> str:
    return "".join(text.split()).upper()


def _cells(truth: SheetTruth, answer: Mapping[str, Any]) -> tuple[list[Told], list[Told]]:
    true = [
        Told(text=_letters(cell.text), polygon=cell.box)
        for table in truth.tables
        if table.kind in OUT_OF_CELLS
        for cell in table.cells
        if cell.text
    ]
    said = [
        Told(text=_letters(cell["text"]), polygon=_corners(cell["box"]))
        for table in answer.get("tables", [])
        for cell in table["cells"]
        if cell["text"]
    ]
    return true, said


def _corners(box: Sequence[float]) -> list[list[float]]:
    x0, y0, x1, y1 = box
    return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]


def _views(found: Measured, truth: SheetTruth, answer: Mapping[str, Any]) -> None:
    """A view is found where at least half of the part's box lies in a view that holds no other part."""
    parts = [area.polygon for area in truth.areas if area.kind == "view"]
    said = [one["polygon"] for one in answer.get("views", [])]
    held = [[place for place, part in enumerate(parts) if _inside(part, view) >= 0.5] for view in said]
    found.views += [any(one == [place] for one in held) for place in range(len(parts))]
    found.views_extra += sum(not one for one in held)


def _inside(part: Any, view: Any) -> float:
    """Share of the part's box that lies in the view's."""
    a, b = np.array(part, np.float32), np.array(view, np.float32)
    low, high = np.maximum(a.min(0), b.min(0)), np.minimum(a.max(0), b.max(0))
    whole = np.ptp(a, axis=0).prod()
    return float(np.clip(high - low, 0, None).prod() / whole) if whole else 0.0


def told(pair: Pair) -> str:
    """What was wrong with one text, in words."""
    said = "missed" if pair.found is None else f"read {pair.found.text}"
    return f"{pair.true.text} at {_place(pair.true)}: {said}"


def _place(one: Told) -> str:
    x, y = (round(v) for v in one.polygon[0])
    return f"{x},{y}"


def overlay(folder: Path, page: Page, score: Score) -> None:
    """Right in green, wrong in orange with what was read, missed in red, made up in blue."""
    folder.mkdir(parents=True, exist_ok=True)
    canvas = cv2.cvtColor(page.picture, cv2.COLOR_GRAY2BGR)
    for pair in score.pairs:
        colour = (0, 160, 0) if pair.same else (0, 0, 255) if pair.found is None else (0, 140, 255)
        _outlined(canvas, pair.true.polygon, colour, "" if pair.same or pair.found is None else pair.found.text)
    for one in score.extra:
        _outlined(canvas, one.polygon, (255, 60, 0), one.text)
    cv2.imwrite(str(folder / f"{page.truth.name}.png"), canvas)


def _outlined(canvas: np.ndarray, polygon: Any, colour: tuple[int, int, int], text: str) -> None:
    points = np.round(np.array(polygon)).astype(np.int32)
    cv2.polylines(canvas, [points], True, colour, 2)
    if text:
        plain = text.replace("⌀", "O").replace("±", "+-").replace("×", "x").replace("°", "deg")
        at = (int(points[:, 0].min()), int(points[:, 1].min()) - 4)
        cv2.putText(canvas, plain, at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, colour, 2)
