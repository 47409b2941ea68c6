"""What a drawing gives to `tolerance`: its sizes with their limits, its frames, its material; and what is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from rung.apps.drawings.tolerances.schema import (
    Characteristic,
    DimensionIn,
    FrameIn,
    NotJudged,
    ReadDimension,
    ReadFrame,
    SheetIn,
)

_ROUND = ("length", "diameter", "radius")


@dataclass(frozen=True, slots=True)
class Drawn:
    """material: as the title block says it, None where it says none."""

    dimensions: list[DimensionIn]
    frames: list[FrameIn]
    material: str | None
    left_out: list[NotJudged]


def drawn_of(sheets: Sequence[SheetIn]) -> Drawn:
    """Of all pages together. Ids of several pages that are equal get the page's number before them."""
    read = [(_name(one, sheet, sheets), one) for sheet in sheets for one in sheet.dimensions]
    why = {name: _objection(one) for name, one in read}
    frames = [(one, _frame(one)) for sheet in sheets for one in sheet.frames]
    left_out = [NotJudged(id=name, reason=reason) for name, reason in why.items() if reason]
    left_out += [NotJudged(id=one.id, reason=found) for one, found in frames if isinstance(found, str)]
    fields = [sheet.title_block["material"] for sheet in sheets if "material" in sheet.title_block]
    return Drawn(
        dimensions=[_dimension(name, one) for name, one in read if not why[name]],
        frames=[found for _, found in frames if isinstance(found, FrameIn)],
        material=next((one.value or one.text for one in fields), None),
        left_out=left_out,
    )


def _name(one: ReadDimension, sheet: SheetIn, sheets: Sequence[SheetIn]) -> str:
    twice = sum(other.id == one.id for page in sheets for other in page.dimensions) > 1
    return f"{sheet.page}:{one.id}" if twice else one.id


def _objection(one: ReadDimension) -> str:
    """Why nothing follows from it here; empty: something does."""
    if one.status == "rejected":
        return f"{one.text}: a person rejected it"
    if one.form == "reference":
        return f"{one.text}: a reference dimension is not to be held"
    if one.type not in _ROUND or one.unit != "mm" or not one.nominal or not 0 < one.nominal <= 1e5:
        return f"{one.text}: only lengths, diameters and radii in millimetres are judged"
    if one.upper is not None and one.lower is not None and one.upper <= one.lower:
        return f"{one.text}: its upper limit is not above its lower one"
    return ""


def _dimension(name: str, one: ReadDimension) -> DimensionIn:
    both = one.upper is not None and one.lower is not None
    limits: dict[str, Any] = {"upper": one.upper, "lower": one.lower} if both else {}
    return DimensionIn.model_validate({"id": name, "type": one.type, "nominal": one.nominal, **limits})


def _frame(one: ReadFrame) -> FrameIn | str:
    if one.characteristic not in get_args(Characteristic):
        return f"{one.text}: {one.characteristic or 'a frame that was not understood'} is not simulated here"
    if not one.tolerance or one.tolerance <= 0:
        return f"{one.text}: it has no tolerance that could be read"
    return FrameIn.model_validate({"characteristic": one.characteristic, "tolerance": one.tolerance})
