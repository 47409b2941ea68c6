"""Sizes of furniture against rooms in which they are known: finding and measuring apart, rung by rung.

    python bench/furniture.py [--json FILE] [--cases DIR] [--rooms 16] [--config rung.toml]

Without --cases the rooms of bench/rooms.py are rendered once, into build/rooms: seeds 501 to 516, the test set. No
constant was chosen on them, and none may be: the lift's and the fusion's spreads and the class table were chosen with
the rooms 1 to 14, 41 to 51, 61 to 76, 101 to 114, 201 to 205 and 301 to 305 in sight, and held against 401 to 410 (the
validation). Whoever looks at the test set to choose a constant takes new seeds for the next one. The rooms are all of
one generator, so they say nothing of photographs.
DIR: any folder of labelled pictures as docs/tuning.md describes it, with cases of furniture.analyze.

finding: `detect` with each of its rungs, against the true masks. truth masks: `reconstruct` for each piece that is
seen whole, its class told, with each rung; the class prior alone is one of them. by hand: `analyze` of each picture
with the true boxes and classes, so that pieces give each other their scale. end to end: `analyze` alone.
The interval score is of the 90 % interval of the box volume, as a share of the true volume: its width, and 20 times
what it misses the truth by; that of a side likewise, the mean of all sides. Low is good, in every figure but those that
say share or overlap.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from _report import Figure, report
from rung.lab import sizes
from rung.lab.cases import Case, read_cases
from rung.lab.metrics import METRICS, Answer
from rung.lab.study import quantile
from rung.runtime.client import Client, Reply
from rung.runtime.errors import RungError
from rung.runtime.testing.served import served

PRIOR = "class-prior"
ROOMS = Path("build/rooms")
FIRST = 501
"""Seed of the test set's first room."""
WHOLE = 0.7, 0.95
"""Shares of a piece that have to be seen, and to lie in the picture, for it to be measured."""
GOAL = 0.35
DRAWS = 2000
OPERATION, PICTURES = "furniture.analyze", frozenset({"images"})


@dataclass
class Sizes:
    """What came of one way to measure. pairs: each piece as found, and as it is."""

    pairs: list[sizes.Pair] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def median(self, error: Callable[[sizes.Pair], float | None]) -> float | None:
        return sizes.median(error(pair) for pair in self.pairs)

    @property
    def score(self) -> float | None:
        return sizes.mean(sizes.volume_interval_score(pair) for pair in self.pairs)

    def doubt(self) -> tuple[float | None, float | None]:
        """Between which values nine of ten medians of the volume error lie, when as many pieces are drawn anew."""
        errors = [error for pair in self.pairs if (error := sizes.volume_error(pair)) is not None]
        if len(errors) < 2:
            return None, None
        rng = random.Random(0)
        medians = sorted(statistics.median(rng.choices(errors, k=len(errors))) for _ in range(DRAWS))
        return quantile(medians, 0.05), quantile(medians, 0.95)

    @property
    def covered(self) -> float | None:
        """Share of the true volumes that lie in their intervals."""
        return sizes.mean(
            covers(pair.found.get("box_volume_m3"), sizes.value(pair.right, "box_volume_m3")) for pair in self.pairs
        )

    @property
    def sides(self) -> list[tuple[Any, float]]:
        """Every side of every piece, as found and as it is."""
        return [both for pair in self.pairs for both in sizes.side_measures(pair)]


def covers(measure: Any, right: float | None) -> float | None:
    """1.0 where the truth lies in its interval, else 0.0."""
    if not isinstance(measure, Mapping) or right is None:
        return None
    return float(measure["low"] <= right <= measure["high"])


def whole(piece: sizes.Piece) -> bool:
    """Labelled sets need not say how much of a piece is seen: then all of it."""
    return piece.get("visible", 1.0) >= WHOLE[0] and piece.get("inside", 1.0) >= WHOLE[1]


def words(piece: sizes.Piece) -> str:
    return str(piece["class"]).replace("_", " ")


# --- what is asked ---------------------------------------------------------------------------------------


@dataclass
class Desk:
    """A server, and the pictures on it."""

    client: Client

    def rungs(self, task: str) -> list[str]:
        """Those that this machine can run, best first."""
        found = next(one for one in self.client.tasks()["tasks"] if one["task"] == task)
        return [rung["variant"] for rung in found["rungs"]]

    def asked(self, operation: str, variant: str = "", **fields: Any) -> tuple[Reply, float]:
        options = {"variant": variant} if variant else None
        began = time.perf_counter()
        reply = self.client.run("furniture", operation, options=options, **fields)
        return reply, time.perf_counter() - began


def measured(desk: Desk, cases: Sequence[Case], variant: str) -> Sizes:
    """Each piece by its true mask; the first one twice, since the first time loads."""
    found = Sizes()
    todo = [(case, piece) for case in cases for piece in case.truth["objects"] if whole(piece) and piece.get("mask")]
    for number, (case, piece) in enumerate([*todo[:1], *todo]):
        try:
            reply, seconds = desk.asked(
                "reconstruct", variant, image=case.inputs["images"][0], mask=piece["mask"], label=words(piece)
            )
        except RungError as error:
            found.failed.append(f"{case.id}/{piece.get('id')}: {error.message}")
            continue
        if number:
            found.seconds.append(seconds)
            found.pairs.append(sizes.Pair(reply.output["object"], piece))
    return found


def analyzed(desk: Desk, cases: Sequence[Case], *, by_hand: bool) -> Sizes:
    """Each picture as a whole; by hand: nothing is looked for, the true boxes and classes are given."""
    found = Sizes()
    for number, case in enumerate([cases[0], *cases]):
        known = [piece for piece in case.truth["objects"] if whole(piece)]
        boxes = [{"box": piece["box"], "label": words(piece)} for piece in known]
        fields = {"boxes": boxes, "least": 1.0} if by_hand else {}
        try:
            reply, seconds = desk.asked("analyze", images=case.inputs["images"], **fields)
        except RungError as error:
            found.failed.append(f"{case.id}: {error.message}")
            continue
        pieces = sizes.pieces(reply.output)
        if number:
            found.seconds += [seconds / max(len(pieces), 1)] * len(pieces)
            found.pairs += sizes.paired([one for one in pieces if not by_hand or one["origin"] == "hand"], known)
    return found


def looked(desk: Desk, cases: Sequence[Case], variant: str) -> list[Figure]:
    """How much of the furniture is found, of what the rung has a word for and of what it has none."""
    seen, unseen, right, overlaps, times = [], [], [], [], []
    for number, case in enumerate([cases[0], *cases]):
        reply, seconds = desk.asked("detect", variant, image=case.inputs["images"][0])
        if not number:
            continue
        times.append(seconds)
        known, found = list(case.truth["objects"]), sizes.pieces(reply.output)
        pairs = sizes.paired(found, known)
        missing = set(reply.output["unseen_classes"])
        hit = {id(pair.right) for pair in pairs}
        for piece in filter(whole, known):
            (unseen if piece["class"] in missing else seen).append(float(id(piece) in hit))
        right += [float(any(pair.found is one for pair in pairs)) for one in found]
        overlaps += list(_overlaps(reply, found, pairs))
    name = f"finding, {variant}"
    return [
        Figure(name=f"{name}: pieces found, of {len(seen)} with a word for them", value=sizes.mean(seen), unit=""),
        Figure(name=f"{name}: pieces found, of {len(unseen)} without one", value=sizes.mean(unseen), unit=""),
        Figure(name=f"{name}: of {len(right)} answers, share that is furniture", value=sizes.mean(right), unit=""),
        Figure(name=f"{name}: overlap of masks with the true ones, median", value=sizes.median(overlaps), unit=""),
        Figure(name=f"{name}: per picture, median", value=sizes.median(times), unit="s"),
    ]


def _overlaps(reply: Reply, found: Sequence[sizes.Piece], pairs: Sequence[sizes.Pair]) -> Iterator[float]:
    for pair in pairs:
        place = next(at for at, one in enumerate(found) if one is pair.found)
        data = reply.files.get(f"objects.{place}.mask")
        if data is not None and pair.right.get("mask"):
            error = METRICS["mask_error"].measure(Answer({}, {"mask": data}), {"mask": pair.right["mask"]})
            yield 1.0 - (error or 0.0)


# --- what is printed --------------------------------------------------------------------------------------


def figures_of(name: str, found: Sizes, prior: Sizes | None = None, *, goal: bool = False) -> list[Figure]:
    """prior: the class prior alone on the same pieces."""
    volume, n = found.median(sizes.volume_error), len(found.pairs)
    held = {"goal": f"< {GOAL}", "holds": volume is not None and volume < GOAL} if goal else {}
    low, high = found.doubt()
    rows = [
        Figure(name=f"{name}: volume error of {n} pieces, median", value=volume, unit="", **held),
        Figure(name=f"{name}: that median with other pieces (resampled), 5 %", value=low, unit=""),
        Figure(name=f"{name}: that median with other pieces (resampled), 95 %", value=high, unit=""),
        Figure(name=f"{name}: dimension error, median", value=found.median(sizes.dimension_error), unit=""),
        Figure(name=f"{name}: interval score of volumes, mean", value=found.score, unit=""),
        Figure(name=f"{name}: share of volumes within their 90 % interval", value=found.covered, unit=""),
        Figure(
            name=f"{name}: interval score of sides, mean",
            value=sizes.mean(sizes.interval_score(measure, right) for measure, right in found.sides),
            unit="",
        ),
        Figure(
            name=f"{name}: share of sides within their 90 % interval",
            value=sizes.mean(covers(measure, right) for measure, right in found.sides),
            unit="",
        ),
        Figure(name=f"{name}: per piece, median", value=sizes.median(found.seconds), unit="s"),
    ]
    filled = found.median(sizes.filled_error)
    if filled is not None:  # rungs that lift a box tell nothing of it
        rows.append(Figure(name=f"{name}: filled volume error, median", value=filled, unit=""))
    if found.failed:
        rows.append(Figure(name=f"{name}: failed", value=len(found.failed), unit=""))
        print("\n".join(found.failed[:5]), file=sys.stderr)
    if prior is not None:
        better, of = _better(found, prior)
        rows.append(Figure(name=f"{name}: pieces nearer than by the class prior, of {of}", value=better, unit=""))
    return rows


def _better(found: Sizes, prior: Sizes) -> tuple[float | None, int]:
    """Share of the pieces whose volume is nearer than the prior's."""
    known = {id(pair.right): sizes.volume_error(pair) for pair in prior.pairs}
    both = [(sizes.volume_error(pair), known.get(id(pair.right))) for pair in found.pairs]
    nearer = [float(one < other) for one, other in both if one is not None and other is not None]
    return sizes.mean(nearer), len(nearer)


def by_class(name: str, found: Sizes) -> list[Figure]:
    classes = sorted({str(pair.right["class"]) for pair in found.pairs})
    rows = []
    for one in classes:
        errors = [sizes.volume_error(pair) for pair in found.pairs if pair.right["class"] == one]
        known = [error for error in errors if error is not None]
        if known:
            rows.append(
                Figure(name=f"{name}: volume error, {one} ({len(known)})", value=statistics.median(known), unit="")
            )
    return rows


def order(rungs: Sequence[str], found: Mapping[str, Sizes]) -> Figure:
    """Whether each rung above the prior measures better than it."""
    above = rungs[: rungs.index(PRIOR)] if PRIOR in rungs else rungs
    errors = {rung: found[rung].median(sizes.volume_error) for rung in rungs}
    limit = errors.get(PRIOR)
    known = {rung: error for rung, error in errors.items() if error is not None}
    worse = [rung for rung in above if limit is not None and not known.get(rung, math.inf) < limit]
    return Figure(
        name="rungs above the class prior that are no better than it",
        value=len(worse),
        unit="",
        goal="0",
        holds=not worse,
    )


def main() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--cases", type=Path)
    parser.add_argument("--rooms", type=int, default=16)
    parser.add_argument("--config")
    given, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    cases = read_cases(given.cases or rendered(given.rooms), OPERATION, PICTURES)
    figures: list[Figure] = []
    with (
        served("--no-console", *(["--config", given.config] if given.config else [])) as server,
        Client(server.url) as client,
    ):
        desk = Desk(client)
        for variant in desk.rungs("detect"):
            figures += looked(desk, cases, variant)
        rungs = desk.rungs("reconstruct")
        found = {rung: measured(desk, cases, rung) for rung in rungs}
        for rung in rungs:
            above = rung != PRIOR
            figures += figures_of(f"truth masks, {rung}", found[rung], found.get(PRIOR) if above else None, goal=above)
        figures.append(order(rungs, found))
        figures += figures_of("by hand", analyzed(desk, cases, by_hand=True))
        figures += figures_of("end to end", analyzed(desk, cases, by_hand=False))
        for rung in rungs:
            figures += by_class(f"truth masks, {rung}", found[rung])
    report("furniture", figures, ["onnxruntime", "opencv-python-headless", "mitsuba"])


def rendered(rooms: int) -> Path:
    """The rooms, rendered where they are not there yet."""
    if not (ROOMS / "cases.json").is_file():
        from rooms import written

        written(ROOMS, range(FIRST, FIRST + rooms), samples=40)
    return ROOMS


if __name__ == "__main__":
    main()
