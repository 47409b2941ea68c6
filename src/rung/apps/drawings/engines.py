"""Decides which rungs of `read` are asked for which alphabet: a recogniser reads the signs that it was made for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rung.apps.drawings.lines import Guess, Line
from rung.runtime.errors import NoRung, RungError, WeightsError
from rung.runtime.job import Job
from rung.runtime.spec import Policy
from rung.runtime.tasks import Alphabet, Picture, ReadInput, ReadOutput, TextBox

FOR_ALPHABET: Mapping[Alphabet, tuple[str, ...]] = {"dimension": (), "frame": (), "text": ()}
"""Variants by alphabet, best first; after them the ladder's own order."""


async def read(job: Job, picture: Picture, boxes: Sequence[TextBox], alphabet: Alphabet, skip: str = "") -> list[Line]:
    """The boxes' lines, in their order. skip: a variant that read them already. Raises the last rung's error."""
    if not boxes:
        return []
    asked = ReadInput(picture=picture, boxes=tuple(boxes), alphabet=alphabet)
    last: RungError | None = None
    for name in _ways(job, alphabet):
        if name == skip and name:
            continue
        try:
            found: ReadOutput = await job.run("read", asked, step=f"read {alphabet}", policy=_policy(job, name))
        except (NoRung, WeightsError) as error:
            last = error
            continue
        return _lines(found, boxes, job.provenance[-1].variant)
    assert last is not None
    raise last


def _ways(job: Job, alphabet: Alphabet) -> tuple[str, ...]:
    """A variant that the caller forces is the only way; an empty name is the ladder's own choice."""
    return ("",) if job.policy.variant else (*FOR_ALPHABET[alphabet], "")


def _policy(job: Job, name: str) -> Policy:
    return replace(job.policy, variant=name) if name else job.policy


def _lines(found: ReadOutput, boxes: Sequence[TextBox], engine: str) -> list[Line]:
    return [
        Line(
            polygon=line.polygon or boxes[line.box].polygon,
            guesses=tuple(
                Guess(text=one.text, confidence=one.confidence, engine=engine) for one in line.readings if one.text
            ),
            reason=line.reason,
        )
        for line in found.lines
    ]
