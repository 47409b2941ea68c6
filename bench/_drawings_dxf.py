"""Sheets sent as DXF: the file's entities are read, and no picture.

The page of a DXF is the extents of what is drawn and not the sheet, so texts are compared without their places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from _report import Figure
from rung.lab.readings import normal
from rung.lab.sheets.sheet import Sheet
from rung.runtime.client import Client


def dxf(client: Client, name: str, sheets: Iterable[Sheet]) -> list[Figure]:
    """Of dimensions and frames, the shares that are told, and of what is told the shares that are true."""
    true, told = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    both = Counter[tuple[str, str]]()
    for sheet in sheets:
        truth = sheet.page().truth
        (page,) = client.run("drawings", "analyze", file=sheet.dxf(), exports=[]).output["pages"]
        here = Counter(("dimensions", normal(one.value.text)) for one in truth.dimensions)
        here.update(("frames", one.text) for one in truth.frames)
        said = Counter(("dimensions", normal(one["text"])) for one in page["dimensions"])
        said.update(("frames", one["text"]) for one in page["frames"])
        true, told, both = true + here, told + said, both + (here & said)
    rows = []
    for kind in ("dimensions", "frames"):
        right, stand, answers = (
            sum(count for (of, _), count in one.items() if of == kind) for one in (both, true, told)
        )
        rows += [
            Figure(name=f"{name}: {kind} told, of {stand}", value=right / stand if stand else None, unit=""),
            Figure(name=f"{name}: of {answers} {kind} told, true", value=right / answers if answers else None, unit=""),
        ]
    return rows
