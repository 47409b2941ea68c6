"""How many of a part a text says: 8, 2 EA, 1,200개; what says anything else is none, and nobody guesses."""

from __future__ import annotations

import re

from rung.apps.drawings.quoting.items import Need

MOST = 1_000_000
_COUNT = re.compile(r"(\d{1,7}|\d{1,3}(?:,\d{3})+)\s*(?:EA|SETS?|PCS?|개|조|식|장)?\.?", re.IGNORECASE)


def quantity_of(text: str) -> int | None:
    """The quantity, from 1 to a million; None where the text is no such thing."""
    found = _COUNT.fullmatch(text.strip())
    count = int(found[1].replace(",", "")) if found else 0
    return count if 1 <= count <= MOST else None


def quantity_need(text: str) -> Need:
    """The question where a quantity is written, and cannot be understood."""
    return Need(
        field="quantity",
        question=f"how many? The quantity {text!r} cannot be understood",
        question_ko=f"수량 {text!r}의 의미를 알 수 없습니다. 수량을 알려 주십시오",
    )
