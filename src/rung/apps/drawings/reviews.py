"""What people said of a drawing's dimensions, and how it holds when the same drawing is read again. Pure.

A correction is told apart by the place of its polygon, so it finds its dimension again at another resolution and under
another id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rung.apps.drawings import schema
from rung.apps.drawings.lines import centre, holds
from rung.apps.drawings.understanding import fields_of
from rung.models import notation
from rung.runtime.errors import InvalidInput

PERSON = "person"
"""Engine name of what somebody wrote."""


def kept_as(drawing: str) -> str:
    """The name under which a drawing's corrections are kept."""
    return f"review of {drawing}"


def merged(kept: Any, changes: Sequence[schema.Correction]) -> dict[str, Any]:
    """The kept corrections with the new ones in; one that says `pending` takes an older one back.

    Raises InvalidInput for a text that is no dimension.
    """
    found = corrections_of(kept)
    for number, change in enumerate(changes):
        _check(change, f"changes[{number}]")
        found = [one for one in found if not _same(one, change)]
        if change.status != "pending":
            found.append(change)
    return {"version": 1, "corrections": [one.model_dump(mode="json") for one in found]}


def corrections_of(kept: Any) -> list[schema.Correction]:
    """Those of a kept document; none where there is none."""
    return [schema.Correction.model_validate(one) for one in (kept or {}).get("corrections", ())]


def _check(change: schema.Correction, where: str) -> None:
    if change.status == "modified" and change.text is None:
        raise InvalidInput(f"{where}: a modified dimension says its text", field=f"{where}.text")
    text = change.text if change.status == "modified" else None
    if text is not None and (why := notation.explain(text)):
        raise InvalidInput(f"{where}.text: {why}", field=f"{where}.text")


def _same(one: schema.Correction, other: schema.Correction) -> bool:
    return one.page == other.page and _meets(one.polygon, one.dpi, other.polygon, other.dpi)


def _meets(polygon: schema.PolygonOut, dpi: float, other: schema.PolygonOut, other_dpi: float) -> bool:
    """Whether the middle of each lies in the other, at one resolution."""
    scaled = tuple((x * other_dpi / dpi, y * other_dpi / dpi) for x, y in polygon)
    return holds(scaled, centre(tuple(other))) and holds(tuple(other), centre(scaled))


def applied(page: schema.Page, corrections: Sequence[schema.Correction]) -> None:
    """Give the page's dimensions what was said of them. What a person read where nothing was read is added."""
    for correction in (one for one in corrections if one.page == page.page):
        found = next((one for one in page.dimensions if concerns(correction, one, page.dpi)), None)
        if found is not None:
            page.dimensions[page.dimensions.index(found)] = corrected(found, correction)
        elif correction.status in ("verified", "modified"):
            page.dimensions.append(dimension_of(correction, f"{page.page}.d{len(page.dimensions) + 1}", page.dpi))


def concerns(correction: schema.Correction, dimension: schema.Dimension, dpi: float) -> bool:
    """Whether it is said of this dimension, by its place. dpi: of the dimension's polygon."""
    return _meets(correction.polygon, correction.dpi, dimension.polygon, dpi)


def corrected(dimension: schema.Dimension, correction: schema.Correction) -> schema.Dimension:
    """The dimension as it stands after the correction. A reading that has changed since it was verified waits again."""
    if correction.status == "modified" and correction.text is not None:
        return dimension.model_copy(
            update={**_meaning(correction.text), "status": "modified", "engine": PERSON, "confidence": None,
                    "alternatives": [_as_read(dimension), *dimension.alternatives]}
        )  # fmt: skip
    if correction.status == "verified" and correction.before and correction.before != dimension.text:
        note = f"{correction.before} was verified here, and {dimension.text} is read now"
        return dimension.model_copy(update={"notes": [*dimension.notes, note]})
    return dimension.model_copy(update={"status": correction.status})


def _as_read(dimension: schema.Dimension) -> schema.Alternative:
    return schema.Alternative(
        text=dimension.text, confidence=dimension.confidence, engine=dimension.engine, reason="as it was read"
    )


def dimension_of(correction: schema.Correction, id: str, dpi: float) -> schema.Dimension:
    """A dimension that a person read."""
    scale = dpi / correction.dpi
    return schema.Dimension(
        id=id,
        polygon=schema.rounded((x * scale, y * scale) for x, y in correction.polygon),
        confidence=None,
        engine=PERSON,
        status=correction.status,
        **_meaning(correction.text or correction.before),
    )


def _meaning(text: str) -> dict[str, Any]:
    """What the text says; a text that is no dimension has no figures."""
    meant = notation.parse(text)
    if meant is None:
        return {"text": notation.clean(text), "type": "length", "nominal": None, "notes": [notation.explain(text)]}
    return fields_of(meant)


def cases_of(drawing: str, corrections: Sequence[schema.Correction]) -> bytes:
    """A `cases.json` for `rung tune`: what people say stands on the drawing. The file lies beside it, by its sha256.

    incomplete: what nobody looked at may stand there as well.
    """
    said = [one for one in corrections if one.status != "rejected"]
    truth = {
        "incomplete": True,
        "dimensions": [_true(one) for one in said],
        "rejected": [_place(one) for one in corrections if one.status == "rejected"],
    }
    case = {"id": drawing[:16], "operation": "drawings.analyze", "inputs": {"file": drawing}, "truth": truth}
    return json.dumps({"version": 1, "cases": [case]}, ensure_ascii=False, indent=1).encode()


def _true(correction: schema.Correction) -> Mapping[str, Any]:
    text = notation.canonical(correction.text or correction.before)
    return {"text": text, **_place(correction)}


def _place(correction: schema.Correction) -> dict[str, Any]:
    return {"page": correction.page, "dpi": correction.dpi, "polygon": correction.polygon}
