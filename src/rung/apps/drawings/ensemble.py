"""Owns the ensemble of engines on one page: asked at once, their boxes clustered, each cluster voted on.

A box that only an engine with boxes of its own found is no text: `scripts/measure_readers.py` counts how often one was
(votes.json, `alone`), and of a hundred some two were. The step `cluster` says how many there were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rung.apps.drawings import engines
from rung.apps.drawings.clusters import clustered
from rung.apps.drawings.joining import joined
from rung.apps.drawings.lines import Line
from rung.apps.drawings.page_steps import Steps
from rung.apps.drawings.votes import measured
from rung.apps.drawings.voting import voted
from rung.models.catalog.read import FOR_ALPHABET
from rung.runtime.errors import NoRung, RungError
from rung.runtime.job import Job
from rung.runtime.tasks import Picture, TextBox

FINDER = "find-text"
"""The step whose boxes all readers read."""


async def dimensions(
    job: Job, picture: Picture, boxes: Sequence[TextBox], places: Sequence[int], steps: Steps, *, own_boxes: bool
) -> dict[int, Line]:
    """By place among the boxes, what the engines make of those places together; without those where nobody could be
    asked. own_boxes: engines that find texts themselves are asked too."""
    chosen = [boxes[place] for place in places]
    reading, looking = await engines.read_by_all(job, picture, chosen, "dimension", own_boxes=own_boxes)
    rounds = list(_told(reading, steps).values())
    others = {name: joined(said) for name, said in _told(looking, steps).items()}
    if not rounds:
        return {}
    beside = _beside([box.polygon for box in boxes], others, steps)
    votes = measured()
    return {
        place: voted([*said, *beside.get(place, ())], votes)
        for place, said in zip(places, zip(*rounds, strict=True), strict=True)
    }


def _told(said: Mapping[str, engines.Said], steps: Steps) -> dict[str, list[Line]]:
    """What those engines said that could be asked; the steps tell of each."""
    told = {}
    for name, lines in said.items():
        step = f"read dimension by {name}"
        if not isinstance(lines, RungError):
            steps.note(step, name, sum(bool(line.guesses) for line in lines))
            told[name] = lines
        elif isinstance(lines, NoRung) and name != FOR_ALPHABET["dimension"][0]:
            steps.without(step, lines)
        else:
            steps.fail(step, lines)
    return told


def _beside(
    polygons: Sequence[tuple[tuple[float, float], ...]], others: Mapping[str, Sequence[Line]], steps: Steps
) -> dict[int, list[Line]]:
    """By place among the boxes, the lines that engines with boxes of their own read there."""
    if not others:
        return {}
    found = clustered({FINDER: polygons, **{name: [line.polygon for line in said] for name, said in others.items()}})
    beside = {
        text[FINDER]: [others[name][at] for name, at in text.items() if name != FINDER]
        for text in found.texts
        if FINDER in text
    }
    alone = [text for text in found.texts if FINDER not in text]
    shared = sum(bool(lines) for lines in beside.values())
    message = (
        f"{shared} of {len(polygons)} boxes were found by others too; {len(alone)} places where only others saw a text"
        f" are left out, and {sum(map(len, found.pieces.values()))} boxes of theirs that hold parts of texts"
    )
    steps.tell("cluster", " + ".join(others), shared, message)
    return beside
