"""Decides which layouts of a DXF are pages: what the model space says, and what the papers say themselves.

A paper shows the model space through windows (viewports). Where the model space has texts of its own it is a page, and
the papers are drawn without what their windows show, or all of that would be told twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from ezdxf.document import Drawing
from ezdxf.layouts.layout import Layout

from rung.apps.drawings.opening.dxf_file import DIMENSIONS

SAYING: Final = frozenset(
    {*DIMENSIONS, "TEXT", "MTEXT", "ATTDEF", "ATTRIB", "TOLERANCE", "MULTILEADER", "MLEADER", "ACAD_TABLE"}
)
_ON_PAPER: Final = re.compile(rb"\n[ \t]*67\r?\n[ \t]*1\r?\n")
_WINDOW: Final = re.compile(rb"\n[ \t]*0\r?\nVIEWPORT\r?\n")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A layout as a page. windows: whether what its viewports show of the model space is drawn too."""

    layout: Layout
    windows: bool
    is_paper: bool


def may_have_papers(text: bytes) -> bool:
    """Whether anything but windows stands on papers: False without taking the whole file apart."""
    return len(_ON_PAPER.findall(text)) > len(_WINDOW.findall(text))


def sheets(document: Drawing) -> list[Sheet]:
    """The pages in their order, at least one; where nothing says anything, layouts that may be drawn on, to be tried
    one after the other."""
    model = document.modelspace()
    papers = [document.layout(name) for name in document.layout_names_in_taborder() if name != "Model"]
    known: dict[str, bool] = {}
    spoken = _says(model, document, known)
    saying = [paper for paper in papers if _says(paper, document, known)]
    found = [Sheet(paper, windows=not spoken, is_paper=True) for paper in saying]
    return [Sheet(model, windows=False, is_paper=False), *found] if spoken or not found else found


def _says(entities: Iterable[Any], document: Drawing, known: dict[str, bool]) -> bool:
    """Whether any of them is a text, or a block that holds one. known: of blocks by their names."""
    return any(
        one.dxftype() in SAYING
        or (one.dxftype() == "INSERT" and (bool(one.attribs) or _block_says(one.dxf.get("name", ""), document, known)))
        for one in entities
    )


def _block_says(name: str, document: Drawing, known: dict[str, bool]) -> bool:
    if name not in known:
        known[name] = False  # One that holds itself says no more by that.
        known[name] = name in document.blocks and _says(document.blocks[name], document, known)
    return known[name]
