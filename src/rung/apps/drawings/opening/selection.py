"""Decides which pages of a drawing are meant."""

from __future__ import annotations

import re

from rung.runtime.errors import InvalidInput, TooLarge

_PART = re.compile(r"\s*(\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?")


def page_numbers(asked: str, count: int, most: int) -> list[int]:
    """Pages from 1, in their order, each once. asked: such as `1-3,5`; empty: all of them.

    Raises InvalidInput for what is no list of pages or is not there, TooLarge for more than `most`.
    """
    wanted = sorted({page for part in asked.split(",") for page in _range(part)}) if asked.strip() else []
    if beyond := [page for page in wanted if not 1 <= page <= count]:
        has = "1 page" if count == 1 else f"{count} pages"
        raise InvalidInput(f"pages: there is no page {beyond[0]}; the file has {has}", field="pages", pages=count)
    found = wanted or list(range(1, count + 1))
    if len(found) > most:
        said = f"pages asks for {len(found)}" if wanted else f"the file has {count} pages"
        raise TooLarge(
            f"{said}, and one call reads at most {most}: choose them, such as pages=1-{most}, and send the file again"
            " for the rest",
            field="pages",
            pages=count,
            limit=most,
        )
    return found


def _range(part: str) -> range:
    found = _PART.fullmatch(part)
    if found is None:
        raise InvalidInput(f"pages: {part.strip()[:40]!r} is no page; write such as 1-3,5", field="pages")
    first = int(found[1])
    last = int(found[2]) if found[2] else first
    if last < first:
        raise InvalidInput(f"pages: {first}-{last} runs backwards", field="pages")
    return range(first, last + 1)
