"""Marks and notes to truth: where the ink of every text came to lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rung.lab.sheets.ink import Mark, ink_polygons
from rung.lab.sheets.notes import Group, Note
from rung.lab.sheets.truth import (
    Polygon,
    SheetTruth,
    TrueArea,
    TrueCell,
    TrueDimension,
    TrueField,
    TrueFrame,
    TrueTable,
    TrueText,
)


def gathered(
    name: str, marks: Sequence[Mark], notes: Mapping[str, Note], groups: Sequence[Group], areas: Sequence[TrueArea]
) -> SheetTruth:
    """The truth of a sheet, in millimetres."""
    inks = ink_polygons(marks)
    known = {handle: note for handle, note in notes.items() if handle in inks}
    found = [_group(group, known, inks) for group in groups]
    return SheetTruth(
        name=name,
        dimensions=tuple(
            TrueDimension(value=note.value, polygon=inks[handle])
            for handle, note in known.items()
            if note.value is not None
        ),
        frames=tuple(one for one in found if isinstance(one, TrueFrame)),
        tables=tuple(one for one in found if isinstance(one, TrueTable)),
        fields=tuple(
            TrueField(name=note.name, text=note.text, polygon=inks[handle])
            for handle, note in known.items()
            if note.role == "field"
        ),
        areas=tuple(areas),
        texts=tuple(
            TrueText(text=note.text, alphabet=note.alphabet, polygon=inks[handle]) for handle, note in known.items()
        ),
    )


def _group(group: Group, notes: Mapping[str, Note], inks: Mapping[str, Polygon]) -> TrueFrame | TrueTable:
    cells = tuple(
        TrueCell(
            text="".join(notes[handle].text for handle in cell.handles if handle in notes),
            box=cell.box,
            polygon=_hull([inks[handle] for handle in cell.handles if handle in inks]),
            row=cell.row,
            column=cell.column,
        )
        for cell in group.cells
    )
    if group.kind == "frame":
        return TrueFrame(text="|".join(cell.text for cell in cells), cells=cells, polygon=group.box)
    return TrueTable(kind=group.kind, cells=cells, polygon=group.box)


def _hull(polygons: Sequence[Polygon]) -> Polygon:
    """The box along the axes of all of them; empty for none."""
    if not polygons:
        return ()
    points = np.array([corner for polygon in polygons for corner in polygon])
    (x0, y0), (x1, y1) = points.min(0), points.max(0)
    return tuple((float(x), float(y)) for x, y in ((x0, y1), (x1, y1), (x1, y0), (x0, y0)))
