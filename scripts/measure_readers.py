"""Measures readers on drawn sheets of the split `validation`: what a vote of engines weighs them by, type of dimension
by type (`apps/drawings/votes.json`), and how often they are right when they are so sure (`models/trained/confidence`).

    python scripts/measure_readers.py [--sheets 18]    measures and writes
    python scripts/measure_readers.py --show           prints what the files hold

The boxes are those that `find-text` finds where a text truly stands, since readers are asked for them and not for the
true ones; each sheet comes once as drawn and once as a scan. A reader counts by the type that it says itself, since the
vote knows no other: of the texts that it read as a thread, the share that were read right to the last sign; of words,
whatever spaces stand between. A reader that finds texts itself is measured on dimensions in its own boxes, and by what
it saw where `find-text` saw nothing. Our own reader has its calibration in its weights. Readers that cannot run here
are named and left out.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

import rung.apps.drawings.votes as votes
from rung.apps.drawings.clusters import clustered
from rung.cli.compose import House, open_house
from rung.cli.look import look_here
from rung.lab import confidence
from rung.lab.confidence import Judged
from rung.lab.readings import Told, matched, normal
from rung.lab.sheets.sheet import Page
from rung.lab.sheets.splits import SPLITS, drawn
from rung.lab.sheets.wear import SCAN, worn
from rung.models import calibration
from rung.models.calibration import OPTION, kind_of
from rung.models.catalog import find_text
from rung.models.catalog.read import FOR_ALPHABET, LADDER, WITH_OWN_BOXES
from rung.runtime.tasks import Alphabet, FindTextInput, Picture, Reading, ReadInput, TextBox

FIND = find_text.LADDER[-1]
SPLIT = "validation"
SHEETS = 18
PATIENCE_S = 300.0
CURVED = tuple(one for one in LADDER if OPTION in one.options)
"""Variants with curves of their own file."""
ALPHABETS: tuple[Alphabet, ...] = ("dimension", "text")
KINDS = ("figures", "signed", "latin", "hangul", "chinese", "frame")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What an engine made of one box. chance: its own figure."""

    engine: str
    alphabet: Alphabet
    sheet: int
    said: str
    true: str
    chance: float | None

    @property
    def right(self) -> bool:
        """To the last sign."""
        if self.alphabet == "text":
            return "".join(self.said.split()) == "".join(self.true.split())
        return normal(self.said) == normal(self.true)


def main() -> None:
    """As its arguments say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sheets", type=int, default=SHEETS)
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args()
    if not given.show:
        heard, alone = asyncio.run(measured(given.sheets))
        what = f"scripts/measure_readers.py, {SPLIT} sheets 0 to {given.sheets - 1}, clean and scan, found boxes"
        _write(votes.FILE, {"measured": what, "engines": counts(heard), "alone": alone})
        for variant in {str(one.options[OPTION]): one for one in CURVED}.values():
            if own := judged(heard, variant.name):
                file = calibration.FOLDER / f"{variant.options[OPTION]}.json"
                _write(file, confidence.document(what, own))
    for line in shown(votes.read(votes.FILE)):
        print(line)
    for file in sorted(calibration.FOLDER.glob("*.json")):
        print(file.stem, *curves_shown(json.loads(file.read_text("utf-8"))), sep="\n  ")


def _write(file: Path, document: Mapping[str, Any]) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def pages(sheets: int) -> Iterator[Page]:
    """Each sheet as drawn, then as a scan."""
    for number in range(sheets):
        page = drawn(SPLIT, number).page(dpi=200)
        yield page
        yield worn(page, SCAN, seed=number)


async def measured(sheets: int) -> tuple[list[Heard], dict[str, list[int]]]:
    """What each engine that can run here reads in the boxes of each page; and of those with boxes of their own, where
    only they saw something: (texts read right, boxes)."""
    found: list[Heard] = []
    alone: dict[str, list[int]] = {}
    made = dict.fromkeys(name for names in FOR_ALPHABET.values() for name in names)
    with tempfile.TemporaryDirectory(prefix="rung-readers-") as folder:
        async with open_house(look_here(_uncurved(Path(folder)))) as house:
            able = [name for name in (one.name for one in LADDER) if name in made and _can(house, name)]
            for place, page in enumerate(pages(sheets)):
                picture, sheet = _picture(page), place // 2
                boxes = (await _asked(house, FIND.name, FindTextInput(picture=picture))).boxes
                found += await _page(house, able, picture, boxes, page, sheet)
                for name in (one for one in able if one in WITH_OWN_BOXES):
                    heard, right, count = await _own(house, name, picture, boxes, page, sheet)
                    found += heard
                    row = alone.setdefault(name, [0, 0])
                    alone[name] = [row[0] + right, row[1] + count]
    return found, alone


def _uncurved(folder: Path) -> Path:
    """A configuration by which engines say their own figures: a curve that changes nothing for each kind."""
    plain = folder / "plain.json"
    _write(plain, {"curves": {kind: [1.0, 0.0] for kind in KINDS}})
    config = folder / "rung.toml"
    config.write_text("".join(f'[variant.{one.name}.options]\n{OPTION} = "{plain}"\n' for one in CURVED))
    return config


def _can(house: House, name: str) -> bool:
    plan = house.plan.tasks["read"]
    refused = next((one.reason for one in plan.rejected if one.variant == name), None)
    if refused is not None:
        print(f"{name} is not measured: {refused}")
    return refused is None


async def _asked(house: House, name: str, asked: FindTextInput | ReadInput) -> Any:
    return (await house.engine.call(name, asked, deadline=time.monotonic() + PATIENCE_S)).output


async def _page(
    house: House, able: Sequence[str], picture: Picture, boxes: Sequence[TextBox], page: Page, sheet: int
) -> list[Heard]:
    """What the engines make of one page's dimensions and words, each of what it was made for."""
    heard: list[Heard] = []
    for alphabet in ALPHABETS:
        truth = standing(boxes, page, alphabet)
        for name in (one for one in able if one in FOR_ALPHABET[alphabet]):
            asked = ReadInput(picture=picture, boxes=tuple(truth), alphabet=alphabet)
            lines = (await _asked(house, name, asked)).lines
            pairs = [(line.readings, true) for line, true in zip(lines, truth.values(), strict=True)]
            heard += _heard(name, alphabet, sheet, pairs)
    return heard


async def _own(
    house: House, name: str, picture: Picture, boxes: Sequence[TextBox], page: Page, sheet: int
) -> tuple[list[Heard], int, int]:
    """What it makes of the page's dimensions in boxes of its own; and where only it saw something, how many texts it
    read right there, and how many boxes there are."""
    asked = ReadInput(picture=picture, boxes=(), alphabet="dimension", own_boxes=True)
    lines = (await _asked(house, name, asked)).lines
    said = [Told(text=str(at), polygon=line.polygon) for at, line in enumerate(lines)]
    true = [Told(text=one.value.text, polygon=one.polygon) for one in page.truth.dimensions]
    pairs = [(pair.found, pair.true.text) for pair in matched(true, said).pairs]
    heard = [(lines[int(found.text)].readings, text) for found, text in pairs if found is not None]
    both = {"": [box.polygon for box in boxes], name: [line.polygon for line in lines]}
    alone = [Told(text=lines[at].readings[0].text, polygon=lines[at].polygon) for at in clustered(both).alone(name)]
    texts = [Told(text=one.text, polygon=one.polygon) for one in page.truth.texts]
    right = sum(pair.same for pair in matched(texts, alone).pairs)
    return _heard(name, "dimension", sheet, heard), right, len(alone)


def _heard(name: str, alphabet: Alphabet, sheet: int, pairs: Sequence[tuple[Sequence[Reading], str]]) -> list[Heard]:
    return [
        Heard(engine=name, alphabet=alphabet, sheet=sheet, said=said[0].text, true=true, chance=said[0].confidence)
        for said, true in pairs
        if said
    ]


def standing(boxes: Sequence[TextBox], page: Page, alphabet: Alphabet) -> dict[TextBox, str]:
    """The boxes in whose place a text of the alphabet stands, with what it says."""
    true = [Told(text=one.text, polygon=one.polygon) for one in page.truth.texts if one.alphabet == alphabet]
    here = {box.polygon: box for box in boxes}
    pairs = matched(true, [Told(text="", polygon=polygon) for polygon in here]).pairs
    return {here[pair.found.polygon]: pair.true.text for pair in pairs if pair.found is not None}


def counts(heard: Sequence[Heard]) -> dict[str, dict[str, list[int]]]:
    """Engine -> type of dimension that it says -> (right, read)."""
    found: dict[str, dict[str, list[int]]] = {}
    for one in heard:
        if one.alphabet == "dimension":
            row = found.setdefault(one.engine, {}).setdefault(votes.kind_of(one.said), [0, 0])
            row[0] += one.right
            row[1] += 1
    return found


def judged(heard: Sequence[Heard], engine: str) -> list[Judged]:
    """Its readings. Halves change every round of the styles, so that each half has all of them."""
    styles = len(SPLITS[SPLIT].styles)
    return [
        Judged(kind=kind_of(one.said, one.alphabet), half=one.sheet // styles % 2, chance=one.chance, right=one.right)
        for one in heard
        if one.engine == engine and one.chance is not None
    ]


def _picture(page: Page) -> Picture:
    data = cv2.imencode(".png", page.picture)[1].tobytes()
    height, width = page.picture.shape[:2]
    key = hashlib.sha256(data).hexdigest()
    return Picture(data=data, key=key, width=width, height=height, media_type="image/png")


def shown(found: votes.Votes) -> Sequence[str]:
    """A line an engine and type."""
    lines = [found.measured]
    for engine, kinds in found.counts.items():
        for kind, (right, read) in (*sorted(kinds.items()), ("all", found.overall(engine) or (0, 0))):
            accuracy, weight = found.accuracy(engine, kind), found.weight(engine, kind)
            lines.append(f"{engine:15} {kind:11} {right:4} of {read:4} right  {accuracy:.3f}  weight {weight:.2f}")
    for engine, (right, boxes) in found.alone.items():
        lines.append(f"{engine:15} saw {boxes} boxes that find-text did not see, and read {right} of them right")
    return lines


def curves_shown(document: Mapping[str, Any]) -> list[str]:
    """A line a kind."""
    rows = {**document["record"], "all": document["all"]}
    return [f"{kind:9} " + ", ".join(f"{name} {value}" for name, value in row.items()) for kind, row in rows.items()]


if __name__ == "__main__":
    main()
