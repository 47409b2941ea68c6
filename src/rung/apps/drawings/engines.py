"""Decides which rungs of `read` are asked for which alphabet: a recogniser reads the signs that it was made for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from rung.apps.drawings.lines import Guess, Line
from rung.models.catalog.read import FOR_ALPHABET, WITH_OWN_BOXES
from rung.runtime.errors import Cancelled, NoRung, RungError, WeightsError
from rung.runtime.job import Job
from rung.runtime.spec import Policy
from rung.runtime.tasks import Alphabet, Picture, ReadInput, ReadOutput, TextBox

FIGURES = 4
"""Behind the point, of a confidence."""


async def read(job: Job, picture: Picture, boxes: Sequence[TextBox], alphabet: Alphabet, skip: str = "") -> list[Line]:
    """The boxes' lines, in their order. skip: a variant that read them already; nothing where no other is made for
    this alphabet. Raises NoRung or a WeightsError where nobody could be asked who was made for it: a guess in other
    signs than those that stand there would pass for a reading.
    """
    ways = _ways(job, alphabet, skip)
    if not boxes or not ways:
        return []
    asked = ReadInput(picture=picture, boxes=tuple(boxes), alphabet=alphabet)
    why: list[NoRung | WeightsError] = []
    for name in ways:
        try:
            found: ReadOutput = await job.run("read", asked, step=f"read {alphabet}", policy=_policy(job, name))
        except (NoRung, WeightsError) as error:
            why.append(error)
            continue
        engine = job.provenance[-1].variant
        if alphabet not in found.alphabets:
            why.append(NoRung(f"{engine} was not made for them"))
            continue
        if why and name != ways[0]:
            job.warn(f"{ways[0]} could not be asked, which reads this best: {why[0].message}")
        return _lines(found, boxes, engine)
    raise _nobody(alphabet, why, skip)


async def read_by(job: Job, picture: Picture, boxes: Sequence[TextBox], alphabet: Alphabet, variant: str) -> list[Line]:
    """The boxes' lines by that variant and no other. Raises a RungError."""
    asked = ReadInput(picture=picture, boxes=tuple(boxes), alphabet=alphabet)
    found: ReadOutput = await job.run("read", asked, step=f"read {alphabet}", policy=_policy(job, variant))
    return _lines(found, boxes, variant)


Said = list[Line] | RungError
"""An engine's lines, or why it has none."""


async def read_by_all(
    job: Job, picture: Picture, boxes: Sequence[TextBox], alphabet: Alphabet, *, own_boxes: bool
) -> tuple[dict[str, Said], dict[str, Said]]:
    """What each engine says, all at once: by variant what those made for the alphabet read in the boxes, and what
    others read where they find texts themselves. Raises the error of a job that was cancelled.
    """
    read = ReadInput(picture=picture, boxes=tuple(boxes), alphabet=alphabet)
    look = ReadInput(picture=picture, boxes=(), alphabet=alphabet, own_boxes=True)

    async def one(name: str, asked: ReadInput) -> Said:
        try:
            step = f"read {alphabet}"
            return _lines(await job.run("read", asked, step=step, policy=_policy(job, name)), boxes, name)
        except Cancelled:
            raise
        except RungError as error:
            return error

    async with asyncio.TaskGroup() as group:
        reading = {name: group.create_task(one(name, read)) for name in FOR_ALPHABET[alphabet]}
        looking = {name: group.create_task(one(name, look)) for name in (WITH_OWN_BOXES if own_boxes else ())}
    return {name: one.result() for name, one in reading.items()}, {name: one.result() for name, one in looking.items()}


def _ways(job: Job, alphabet: Alphabet, skip: str) -> tuple[str, ...]:
    """Variants made for the alphabet, best first, then the ladder's own choice (an empty name). What the caller forces
    is the only way."""
    if job.policy.variant:
        return () if skip else ("",)
    made = FOR_ALPHABET[alphabet]
    return tuple(name for name in made if name != skip) if skip else (*made, "")


def _nobody(alphabet: Alphabet, why: Sequence[NoRung | WeightsError], skip: str) -> NoRung | WeightsError:
    """What kept the best of them from answering, with the remedy; of its kind. skip: who read them already."""
    first, but = why[0].message.rstrip("."), f" but {skip}" if skip else ""
    return type(why[0])(
        f"the signs of the alphabet {alphabet!r} were read by nobody{but} who was made for them: {first}. `rung weights"
        f" pull {FOR_ALPHABET[alphabet][0]}` brings what reads them best; `rung plan` says what else it wants",
        **why[0].details,
    )


def _policy(job: Job, name: str) -> Policy:
    return replace(job.policy, variant=name) if name else job.policy


def _lines(found: ReadOutput, boxes: Sequence[TextBox], engine: str) -> list[Line]:
    return [
        Line(
            polygon=line.polygon or boxes[line.box].polygon,
            guesses=tuple(
                Guess(text=one.text, confidence=_told(one.confidence), engine=engine)
                for one in line.readings
                if one.text
            ),
            reason=line.reason,
        )
        for line in found.lines
    ]


def _told(confidence: float | None) -> float | None:
    """With as many figures as a share of some thousand readings has."""
    return None if confidence is None else round(confidence, FIGURES)
