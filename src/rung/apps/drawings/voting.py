"""The vote of several engines on the same lines. Pure.

A text's weight is the sum of the confidences of those that read it, and their own are not comparable before they are
measured by kind of text: the readings that lost stand beside the one that won, each with its engine.
"""

from __future__ import annotations

from collections.abc import Sequence

from rung.apps.drawings.lines import Guess, Line
from rung.models import notation

UNSURE = 0.5
"""Of an engine that has no confidence."""


def voted(lines: Sequence[Line]) -> Line:
    """One line of what each engine read: the text with the most weight first, by all that read it."""
    texts: dict[str, list[Guess]] = {}
    for line in lines:
        for guess in line.guesses[:1]:
            texts.setdefault(notation.canonical(guess.text), []).append(guess)
    if not texts:
        return lines[0]
    ranked = sorted(texts.values(), key=lambda guesses: -sum(_weight(guess) for guess in guesses))
    rest = [guess for line in lines for guess in line.guesses[1:]]
    return Line(polygon=lines[0].polygon, guesses=(*(_together(guesses) for guesses in ranked), *rest))


def _weight(guess: Guess) -> float:
    return UNSURE if guess.confidence is None else guess.confidence


def _together(guesses: Sequence[Guess]) -> Guess:
    """As sure as the surest of those that agree."""
    sure = [guess.confidence for guess in guesses if guess.confidence is not None]
    engine = " + ".join(dict.fromkeys(guess.engine for guess in guesses))
    return Guess(text=guesses[0].text, confidence=max(sure, default=None), engine=engine)
