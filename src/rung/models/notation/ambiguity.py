"""A reading's alternatives: what else the same signs can say, or what they would be with one look-alike undone. Each
has its reason; none replaces what was read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from rung.models.notation.dimension import Dimension, meanings, parse
from rung.models.notation.symbols import BY, DIAMETER, PLUS_MINUS, clean

TWIN_CASES = frozenset("ckpsuvz")
"""Letters of fits whose capitals look the same but for their height."""
_FOR_FIGURES = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1", "|": "1", "S": "5", "B": "8", "Z": "2", "g": "9"})


PARTED = "the comma parts thousands, as others on this sheet do"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One way to understand a text. reason: why it is not simply what stands there; "" for what does."""

    dimension: Dimension
    reason: str = ""


_PARTED = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:,\d{3})+(?![\d.,])")
"""A number that may have its thousands parted."""


def parts_thousands(texts: Iterable[str]) -> bool:
    """Whether the commas of these texts, which stand on one sheet, part thousands (3,000) and are no decimal points.

    They do where some number can be read so, and no comma stands elsewhere: one before two figures (2,5) or behind a
    lone zero (0,021) is a decimal point.
    """
    commas = [text for text in texts if re.search(r"\d,\d", text)]
    return bool(commas) and all(not re.search(r"\d,\d", _PARTED.sub("", text)) for text in commas)


def understood(text: str, thousands: bool = False, *, seen: bool = True) -> tuple[Alternative, ...]:
    """What a text says, then what it may say instead, with reasons.

    thousands: the sheet's commas part thousands, so that is what they do here. seen: it was read in a picture, where
    one sign looks like another; False: it is known letter by letter, and none is taken for another.
    Empty where neither the text nor a look-alike of it is a dimension. Where the first one has a reason, the text as it
    was read is no dimension: whoever shows it has to say so.
    """
    if thousands and _PARTED.search(text):
        literal, text = text, _PARTED.sub(lambda number: number[0].replace(",", ""), text)
        first, *others = understood(text, seen=seen) or (None,)
        decimal = parse(literal)
        points = [Alternative(dimension=decimal, reason="the comma may be a decimal point")] if decimal else []
        return () if first is None else (replace(first, reason=PARTED), *others, *points)
    cleaned = clean(text)
    said = meanings(cleaned)
    found = [Alternative(dimension=said[0])] if said else []
    found += [Alternative(dimension=other, reason=_other_form(said[0], other)) for other in said[1:]]
    candidates = _parted(text) if said else ()
    if seen:
        candidates = (*candidates, *(_misread(cleaned, said[0]) if said else _look_alikes(cleaned)))
    for candidate, reason in candidates:
        dimension = parse(candidate)
        if dimension and all(dimension.text != one.dimension.text for one in found):
            found.append(Alternative(dimension=dimension, reason=reason))
    return tuple(found)


def _other_form(said: Dimension, other: Dimension) -> str:
    if said.type == "chamfer":
        return f"{BY} may stand for a count of angles instead of a chamfer"
    if "size" in (said.type, other.type):
        return f"{BY} may stand for a count or for two sides"
    return f"the same signs are also written for a {other.type}"


def _parted(text: str) -> tuple[tuple[str, str], ...]:
    if not _PARTED.search(text):
        return ()
    whole = _PARTED.sub(lambda number: number[0].replace(",", ""), text)
    return ((whole, "the comma may part thousands instead of decimals"),)


def _misread(cleaned: str, said: Dimension) -> Iterator[tuple[str, str]]:
    """Where what was read is a dimension, but one that is seldom drawn."""
    if lead := re.match(r"([([]?(?:\d{1,2}×)?)0(\d{2}.*|\d\..*)", cleaned):
        yield f"{lead[1]}{DIAMETER}{lead[2]}", "a zero before figures may be a misread diameter sign"
    if any("deviation is not written" in note for note in said.notes) and "+" in cleaned:
        yield cleaned.replace("+", PLUS_MINUS), "the lower deviation is missing, so + may be a misread ±"
    if said.fit.rstrip("0123456789").lower() in TWIN_CASES:
        other = said.fit.swapcase()
        yield cleaned.replace(said.fit, other), f"{said.fit} and {other} differ in height only"


def _look_alikes(cleaned: str) -> Iterator[tuple[str, str]]:
    """Where what was read is no dimension: the same with look-alikes undone."""
    if cleaned[:1] in ("O", "o", "Q", "0", "@", "D") and cleaned[1:2].isdigit():
        yield DIAMETER + cleaned[1:], f"{cleaned[0]!r} before figures may be a misread diameter sign"
    figures = cleaned[:1] + cleaned[1:].translate(_FOR_FIGURES)
    for candidate in dict.fromkeys((figures, cleaned.translate(_FOR_FIGURES))):
        if candidate != cleaned:
            yield candidate, "letters may be misread figures"
    if cleaned[-1:] in "-.,:;'/_~":
        yield cleaned[:-1], f"{cleaned[-1:]!r} at the end may be a stroke of the drawing"
    if cleaned[:1] in tuple("-.,:;'/_~"):
        yield cleaned[1:], f"{cleaned[0]!r} at the beginning may be a stroke of the drawing"
    if cleaned.count("(") == 1 and ")" not in cleaned:
        yield cleaned + ")", "the closing bracket may not have been read"
    if cleaned.count(")") == 1 and "(" not in cleaned:
        yield "(" + cleaned, "the opening bracket may not have been read"
