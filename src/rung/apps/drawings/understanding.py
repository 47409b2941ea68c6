"""Decides what the lines of a page are: dimensions, other texts, or unread. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rung.apps.drawings import schema
from rung.apps.drawings.lines import Guess, Line
from rung.apps.drawings.opening.sheets import LAYER
from rung.models import notation

LEAST_SHARE = 0.5
"""Of the likeliest reading's confidence: a reading that is a dimension is taken over a likelier one that is none."""
LONE = 2
MOST_SIGNS = 40
"""A longer text is a note, whatever it begins with."""
_LEADING_ZERO = re.compile(r"[([]?(?:\d{1,2}×)?0\d")
_FIGURE = re.compile(r"\d")
_TOLERANCED = re.compile(r"[([]?\s?(?:S?[⌀R]|M)?\s?\d.*(?:±|/\s?[-+])\s?\d")
_WORD = re.compile(r"[^\W\d_]{3}")


@dataclass(slots=True)
class Understood:
    """What a page's lines are."""

    dimensions: list[schema.Dimension] = field(default_factory=list)
    texts: list[schema.Text] = field(default_factory=list)
    unread: list[schema.Unread] = field(default_factory=list)


def understand(lines: Sequence[Line], page: int, least: float, *, dimensions: bool = True) -> Understood:
    """Each line in its place. least: confidence below which a line counts as unread.

    dimensions: False: every line is a text.
    """
    found = Understood()
    thousands = notation.parts_thousands(line.text for line in lines)
    for line in lines:
        if (why := _unread(line, least)) is not None:
            found.unread.append(why)
        elif dimensions and (made := dimension_of(line, f"{page}.d{len(found.dimensions) + 1}", thousands)) is not None:
            found.dimensions.append(made)
        elif dimensions and _is_toleranced(line.text):
            reason = notation.explain(line.text)
            found.unread.append(schema.Unread(polygon=schema.rounded(line.polygon), reason=reason, text=line.text))
        else:
            found.texts.append(text_of(line))
    return found


def _is_toleranced(text: str) -> bool:
    """Whether a text that is no dimension was written as one: figures with a tolerance behind them, and no words."""
    return len(text) <= MOST_SIGNS and bool(_TOLERANCED.match(text)) and not _WORD.search(text)


def _unread(line: Line, least: float) -> schema.Unread | None:
    if not line.guesses:
        return schema.Unread(polygon=schema.rounded(line.polygon), reason=line.reason or "nothing could be read")
    if line.confidence is not None and line.confidence < least:
        reason = f"read with a confidence of {line.confidence:.2f}, and {least:g} is asked for"
        return schema.Unread(polygon=schema.rounded(line.polygon), reason=reason, text=line.text)
    return None


def dimension_of(line: Line, id: str, thousands: bool = False) -> schema.Dimension | None:
    """The dimension that a line says; None where it says none. thousands: the page's commas part them."""
    chosen = _chosen(line)
    if chosen is None:
        return None
    guess = line.guesses[chosen]
    meant, *others = _likeliest_first(_understood(guess, thousands))
    understood = [
        schema.Alternative(text=one.dimension.text, confidence=None, engine="notation", reason=one.reason)
        for one in others
    ]
    fields = fields_of(meant.dimension, meant.reason)
    return schema.Dimension(
        id=id,
        polygon=schema.rounded(line.polygon),
        confidence=guess.confidence,
        engine=guess.engine,
        alternatives=_each_once([*_others(line, chosen), *understood], meant.dimension.text),
        **{**fields, "notes": [*fields["notes"], *([guess.note] if guess.note else [])]},
    )


def _likeliest_first(found: Sequence[notation.Alternative]) -> list[notation.Alternative]:
    """No size is written with a zero before its figures: there the misread diameter sign is what is meant."""
    first, *others = found
    if _LEADING_ZERO.match(first.dimension.text):
        round_ones = [one for one in others if one.dimension.type == "diameter"]
        return [*round_ones, first, *(one for one in others if one not in round_ones)]
    return list(found)


def _each_once(found: Sequence[schema.Alternative], text: str) -> list[schema.Alternative]:
    """Without the text itself, each other one once: the first of those that say the same."""
    by_text = {one.text: one for one in reversed(found)}
    return [one for one in found if one is by_text[one.text] and one.text != text]


def fields_of(meant: notation.Dimension, reason: str = "") -> dict[str, Any]:
    """What the answer says of a dimension's meaning."""
    form = "reference" if meant.reference else "basic" if meant.basic else "plain"
    return {
        "text": meant.text,
        "type": meant.type,
        "nominal": meant.nominal,
        "upper": meant.upper,
        "lower": meant.lower,
        "unit": meant.unit,
        "limits": meant.limits,
        "fit": meant.fit or None,
        "count": meant.count,
        "form": form,
        "through": meant.through,
        "further": dict(meant.further),
        "notes": [*([reason] if reason else []), *meant.notes],
    }


def _chosen(line: Line) -> int | None:
    """The place of the guess that is taken for a dimension: the likeliest that the grammar admits as it stands, else
    the likeliest that is one with a look-alike undone. A lone sign or two is taken only where nothing is likelier."""
    floor = LEAST_SHARE * (line.confidence or 0.0)
    likely = [
        place
        for place, guess in enumerate(line.guesses)
        if (place == 0 or len(guess.text) > LONE)
        and len(guess.text) <= MOST_SIGNS
        and _FIGURE.search(guess.text)
        and (guess.confidence or 0.0) >= floor
    ]
    for place in likely:
        if notation.parse(line.guesses[place].text) is not None:
            return place
    return next((place for place in likely if _understood(line.guesses[place])), None)


def _understood(guess: Guess, thousands: bool = False) -> tuple[notation.Alternative, ...]:
    """What a guess may say. What the file itself says is no misreading."""
    return notation.understood(guess.text, thousands, seen=guess.engine not in LAYER.values())


def _others(line: Line, chosen: int) -> list[schema.Alternative]:
    """The other readings."""
    return [
        schema.Alternative(text=notation.canonical(guess.text), confidence=guess.confidence, engine=guess.engine)
        for place, guess in enumerate(line.guesses)
        if place != chosen
    ]


def text_of(line: Line) -> schema.Text:
    """A line that is no dimension."""
    others = [
        schema.Alternative(text=guess.text, confidence=guess.confidence, engine=guess.engine)
        for guess in line.guesses[1:]
    ]
    return schema.Text(
        text=line.text,
        polygon=schema.rounded(line.polygon),
        confidence=line.confidence,
        engine=line.engine,
        alternatives=others,
    )
