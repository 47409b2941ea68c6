"""What was read of a drawing, kept beside its reviews: what can be said of it, and what a word of it is about. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rung.apps.drawings import reviews, schema
from rung.apps.drawings.lines import centre, holds
from rung.runtime.errors import InvalidInput, NotFound

Pages = dict[str, dict[str, Any]]


def kept_as(drawing: str) -> str:
    """The name under which a drawing's readings are kept."""
    return f"readings of {drawing}"


def merged(kept: Any, page_count: int, pages: Pages) -> dict[str, Any]:
    """The kept readings with these pages' in: the last reading of a page is what people speak of."""
    return {"version": 1, "page_count": page_count, "pages": {**(kept or {}).get("pages", {}), **pages}}


def page_of(page: schema.Page, as_read: Sequence[schema.Dimension]) -> Pages:
    """One page's readings, to be kept: as they were read, and what people added where nothing was."""
    ids = {one.id for one in as_read}
    added = [one for one in page.dimensions if one.id not in ids]
    kept = [one.model_dump(mode="json") for one in (*as_read, *added)]
    return {str(page.page): {"dpi": page.dpi, "size": [page.width, page.height], "dimensions": kept}}


def said_of(kept: Any, drawing: str, changes: Sequence[schema.Correction]) -> list[schema.Dimension]:
    """Each change's dimension as it then stands.

    Raises NotFound for a drawing that was never analysed here, InvalidInput for a page or an id that it does not have.
    """
    if kept is None:
        raise NotFound(
            f"drawing: {drawing[:12]}... was never analysed here by this caller; send the file to `analyze` first",
            field="drawing",
        )
    return [_said(kept, change, number) for number, change in enumerate(changes)]


def _said(kept: Any, change: schema.Correction, number: int) -> schema.Dimension:
    where, count = f"changes[{number}]", kept["page_count"]
    if change.page > count:
        raise InvalidInput(
            f"{where}.page: the drawing has {count} page{'s' if count > 1 else ''}, and {change.page} is none of them",
            field=f"{where}.page",
        )
    page = kept["pages"].get(str(change.page), {"dpi": change.dpi, "dimensions": []})
    read = [schema.Dimension.model_validate(one) for one in page["dimensions"]]
    found = next((one for one in read if one.id == change.id), None)
    if change.id and found is None:
        raise InvalidInput(
            f"{where}.id: no dimension {change.id} was read on page {change.page}; to add one, leave its id out",
            field=f"{where}.id",
        )
    found = found or next((one for one in read if reviews.concerns(change, one, page["dpi"])), None)
    if found is None:
        if change.status == "verified" and not change.before:
            raise InvalidInput(f"{where}: nothing was read there; say modified, with its text", field=where)
        if change.status != "pending" and "size" in page and not _on(page["size"], change, page["dpi"]):
            width, height = page["size"]
            raise InvalidInput(
                f"{where}.polygon: it is no place on page {change.page}, which has {width} x {height} pixels at"
                f" {page['dpi']:g} dpi",
                field=f"{where}.polygon",
            )
        return reviews.dimension_of(change, change.id or f"{change.page}.r{number + 1}", change.dpi)
    return reviews.corrected(found, change).model_copy(update={"polygon": schema.rounded(change.polygon)})


def _on(size: tuple[int, int], change: schema.Correction, dpi: float) -> bool:
    """Whether its middle lies on the page and inside of itself: a line has no inside, and is found by nobody again."""
    x, y = (part * dpi / change.dpi for part in centre(tuple(change.polygon)))
    return 0 <= x <= size[0] and 0 <= y <= size[1] and holds(tuple(change.polygon), centre(tuple(change.polygon)))
