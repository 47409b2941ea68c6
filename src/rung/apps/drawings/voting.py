"""The vote of several engines on the same boxes. Pure.

All engines read the boxes that were found once, so what they say of one place is together from the start. A text's
weight is the sum, over those that read it, of what each one's word on its type of dimension was measured to be worth
(`votes`), times how sure it is here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rung.apps.drawings.lines import Guess, Line
from rung.apps.drawings.votes import Votes, kind_of
from rung.models import notation


def voted(lines: Sequence[Line], votes: Votes) -> Line:
    """One line of what each engine read: the text with the most weight first, by all that read it. Where they differ
    every reading says so."""
    texts: dict[str, list[Guess]] = {}
    for line in lines:
        for guess in line.guesses[:1]:
            texts.setdefault(notation.canonical(guess.text), []).append(guess)
    if not texts:
        return lines[0]
    ranked = sorted(texts.items(), key=lambda item: -sum(_weight(guess, item[0], votes) for guess in item[1]))
    note = _difference([(text, guesses) for text, guesses in ranked]) if len(ranked) > 1 else ""
    rest = [replace(guess, note=note) for line in lines for guess in line.guesses[1:]]
    return Line(polygon=lines[0].polygon, guesses=(*(_together(guesses, note) for _, guesses in ranked), *rest))


def _weight(guess: Guess, text: str, votes: Votes) -> float:
    """An engine that does not say how sure it is is as sure as it was measured to be right."""
    kind = kind_of(text)
    sure = votes.accuracy(guess.engine, kind) if guess.confidence is None else guess.confidence
    return sure * votes.weight(guess.engine, kind)


def _difference(ranked: Sequence[tuple[str, Sequence[Guess]]]) -> str:
    said = "; ".join(f"{_engines(guesses)}: {text}" for text, guesses in ranked)
    return f"engines differ here, the most weight first: {said}"


def _together(guesses: Sequence[Guess], note: str) -> Guess:
    """As sure as the surest of those that agree."""
    sure = [guess.confidence for guess in guesses if guess.confidence is not None]
    return Guess(text=guesses[0].text, confidence=max(sure, default=None), engine=_engines(guesses), note=note)


def _engines(guesses: Sequence[Guess]) -> str:
    return " + ".join(dict.fromkeys(guess.engine for guess in guesses))
