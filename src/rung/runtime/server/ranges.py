"""Decides which bytes of a file a request wants: one range of it (RFC 9110, section 14), or all."""

from __future__ import annotations

import re

_ONE = re.compile(r"bytes=\s*(?:(\d{1,18})-(\d{1,18})?|-(\d{1,18}))\s*", re.IGNORECASE | re.ASCII)


class Unsatisfiable(Exception):
    """The range lies beyond the file's end: 416."""


def byte_range(asked: str, if_range: str, etag: str, size: int) -> range | None:
    """The bytes to give; None: all of them. asked and if_range: the headers, empty where there are none.

    Several ranges, other units and what cannot be read are answered with the whole file, as the standard allows;
    so is a range that was asked for only if the file is another one (a date never matches: files have none).
    Raises Unsatisfiable.
    """
    found = _ONE.fullmatch(asked)
    if found is None or (if_range and if_range.strip() != etag):
        return None
    first, last, suffix = found.groups()
    if suffix is not None:
        start, end = max(size - int(suffix), 0), size
    else:
        start, end = int(first), size if last is None else min(int(last) + 1, size)
        if last is not None and int(last) < start:  # no range at all, by the grammar's own words
            return None
    if start >= size or start >= end:
        raise Unsatisfiable
    return range(start, end)
