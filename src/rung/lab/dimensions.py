"""How far the dimensions that `drawings.analyze` answers are off what is known of a drawing, such as what people
corrected in it. Pure; the matching rule is that of docs/drawings-truth.md, in `readings`.

Known is `{"dimensions": [{"text", "polygon", "page", "dpi"}], "rejected": [{"polygon", "page", "dpi"}], "incomplete"}`:
what stands there, where nothing stands that is a dimension, and whether more may stand there than is named. polygon:
four corners in reading direction, in pixels at `dpi` (left out: at the answer's); page: 1 where it is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rung.runtime.errors import InvalidInput

if TYPE_CHECKING:
    from rung.lab.readings import Score, Told


def missed(output: Mapping[str, Any], truth: Any) -> float | None:
    """Share of the known dimensions in whose place no dimension with the same text was read; None: none is known."""
    score = compared(output, truth)
    return None if score.recall is None else 1.0 - score.recall


def wrong(output: Mapping[str, Any], truth: Any) -> float | None:
    """Share of the dimensions read that say something else than is known, or stand where none does; None: nothing was
    read of which anything is known. Where the truth is incomplete, what it does not name does not count."""
    score = compared(output, truth)
    return None if score.precision is None else 1.0 - score.precision


def compared(output: Mapping[str, Any], truth: Any) -> Score:
    """All pages together. Raises InvalidInput where the answer or the truth lacks what is compared."""
    from rung.lab.readings import Score  # it needs OpenCV, which an installation without drawings lacks

    if not isinstance(truth, Mapping) or not isinstance(truth.get("dimensions"), list):
        raise InvalidInput("the case's truth has no list `dimensions`, which this metric is held against")
    pages = output.get("pages")
    if not isinstance(pages, list):
        raise InvalidInput("the answer has no pages of dimensions: this metric is of drawings.analyze")
    known = [one for one in (*truth["dimensions"], *truth.get("rejected", ())) if isinstance(one, Mapping)]
    unseen = {one.get("page", 1) for one in known} - {page["page"] for page in pages}
    score = Score()
    for page in [*pages, *({"page": number, "dimensions": []} for number in sorted(unseen))]:
        _add(score, page, truth)
    return score


def _add(score: Score, page: Mapping[str, Any], truth: Mapping[str, Any]) -> None:
    """One page's. What is extra counts where it was rejected, or where the truth is whole."""
    from rung.lab.readings import LEAST_OVERLAP, Told, overlap

    before = len(score.extra)
    score.add(
        _told(truth["dimensions"], page),
        [Told(text=one["text"], polygon=one["polygon"], kind=one["type"]) for one in page["dimensions"]],
    )
    if truth.get("incomplete"):
        rejected = [one.polygon for one in _told(truth.get("rejected", ()), page)]
        score.extra[before:] = [
            one for one in score.extra[before:] if any(overlap(bad, one.polygon) >= LEAST_OVERLAP for bad in rejected)
        ]


def _told(entries: Sequence[Any], page: Mapping[str, Any]) -> list[Told]:
    """Those of the page, at its resolution."""
    from rung.lab.readings import Told

    found = []
    for number, entry in enumerate(entries):
        try:
            scale = page["dpi"] / entry["dpi"] if "dpi" in entry and "dpi" in page else 1.0
            polygon = [(float(x) * scale, float(y) * scale) for x, y in entry["polygon"]]
        except (TypeError, KeyError, ValueError, ZeroDivisionError) as error:
            raise InvalidInput(f"dimension {number + 1} of the case's truth wants a `polygon` of corners") from error
        if len(polygon) < 3:
            raise InvalidInput(f"dimension {number + 1} of the case's truth wants at least three corners")
        if entry.get("page", 1) == page["page"]:
            found.append(Told(text=str(entry.get("text", "")), polygon=polygon))
    return found
