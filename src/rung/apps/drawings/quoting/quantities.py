"""How many of a part a text says (8, 2 EA, 1,200개), and what it says one weighs (77.64 kg, 850 g); what says anything
else is none, and nobody guesses."""

from __future__ import annotations

import re

from rung.apps.drawings.quoting.items import Need

MOST = 1_000_000
_COUNT = re.compile(r"(\d{1,7}|\d{1,3}(?:,\d{3})+)\s*(?:EA|SETS?|PCS?|개|조|식|장)?\.?", re.IGNORECASE)
_MASS = re.compile(r"(\d{1,7}|\d{1,3}(?:,\d{3})+(?=\.))(?:[.,](\d{1,6}))?\s*[(\[]?(kgf?|g)?[)\]]?\.?", re.IGNORECASE)
_EITHER = re.compile(r"\d{1,3},\d{3}(?!\d)\s*\D*")
"""A point of decimals in one country, a parting of thousands in another."""


def mass_of(text: str) -> float | None:
    """The mass in kg; a figure without a unit is in kg, as drawings have it. None where the text is no mass."""
    said = text.strip()
    found = None if _EITHER.fullmatch(said) else _MASS.fullmatch(said)
    if not found:
        return None
    mass = float(f"{found[1].replace(',', '')}.{found[2] or '0'}") / (1000 if (found[3] or "").lower() == "g" else 1)
    return mass if 0 < mass <= MOST else None


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
