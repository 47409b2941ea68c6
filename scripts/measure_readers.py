"""Measures every reader of dimensions by type of dimension, on drawn sheets of the split `validation`, and writes what
the vote of engines weighs them by: `apps/drawings/votes.json`.

    python scripts/measure_readers.py [--sheets 18] [--out FILE]    measures and writes
    python scripts/measure_readers.py --show                        prints what the file holds

The boxes are those that `find-text` finds where a dimension truly stands, since readers are asked for them and not for
the true ones; each sheet comes once as drawn and once as a scan. A reader counts by the type that it says itself, since
the vote knows no other: of the texts that it read as a thread, the share that were read right to the last sign.
Readers that cannot run here are named and left out.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2

import rung.apps.drawings.votes as votes
from rung.cli.compose import House, open_house
from rung.cli.look import look_here
from rung.lab.readings import Told, matched, normal
from rung.lab.sheets.sheet import Page
from rung.lab.sheets.splits import drawn
from rung.lab.sheets.wear import SCAN, worn
from rung.models.catalog import find_text
from rung.models.catalog.read import FOR_ALPHABET, LADDER
from rung.runtime.tasks import FindTextInput, Picture, ReadInput, TextBox

FIND = find_text.LADDER[0]
SPLIT = "validation"
SHEETS = 18
PATIENCE_S = 300.0


def main() -> None:
    """As its arguments say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sheets", type=int, default=SHEETS)
    parser.add_argument("--out", type=Path, default=votes.FILE)
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args()
    if not given.show:
        engines = asyncio.run(measured(given.sheets))
        what = f"scripts/measure_readers.py, {SPLIT} sheets 0 to {given.sheets - 1}, clean and scan, found boxes"
        given.out.write_text(json.dumps({"measured": what, "engines": engines}, indent=1, ensure_ascii=False) + "\n")
    for line in shown(votes.read(given.out)):
        print(line)


def pages(sheets: int) -> Iterator[Page]:
    """Each sheet as drawn, then as a scan."""
    for number in range(sheets):
        page = drawn(SPLIT, number).page(dpi=200)
        yield page
        yield worn(page, SCAN, seed=number)


async def measured(sheets: int) -> dict[str, dict[str, list[int]]]:
    """Engine -> type -> (right, read)."""
    found: dict[str, dict[str, list[int]]] = {}
    made = dict.fromkeys(name for names in FOR_ALPHABET.values() for name in names)
    async with open_house(look_here(None)) as house:
        able = [name for name in (one.name for one in LADDER) if name in made and _can(house, name)]
        found = {name: {} for name in able}
        for page in pages(sheets):
            await _page(house, able, page, found)
    return found


def _can(house: House, name: str) -> bool:
    plan = house.plan.tasks["read"]
    refused = next((one.reason for one in plan.rejected if one.variant == name), None)
    if refused is not None:
        print(f"{name} is not measured: {refused}")
    return refused is None


async def _boxes(house: House, picture: Picture, page: Page) -> dict[TextBox, str]:
    """Those that are found where a dimension stands, with what it says."""
    asked = FindTextInput(picture=picture)
    found = (await house.engine.call(FIND.name, asked, deadline=time.monotonic() + PATIENCE_S)).output
    true = [Told(text=one.value.text, polygon=one.polygon) for one in page.truth.dimensions]
    here = {box.polygon: box for box in found.boxes}
    pairs = matched(true, [Told(text="", polygon=polygon) for polygon in here]).pairs
    return {here[pair.found.polygon]: pair.true.text for pair in pairs if pair.found is not None}


async def _page(house: House, able: Sequence[str], page: Page, counts: dict[str, dict[str, list[int]]]) -> None:
    """Adds what each engine makes of one page's boxes."""
    picture = _picture(page)
    truth = await _boxes(house, picture, page)
    asked = ReadInput(picture=picture, boxes=tuple(truth), alphabet="dimension")
    for name in able:
        answer = await house.engine.call(name, asked, deadline=time.monotonic() + PATIENCE_S)
        for line, text in zip(answer.output.lines, truth.values(), strict=True):
            if line.readings:
                said = line.readings[0].text
                row = counts[name].setdefault(votes.kind_of(said), [0, 0])
                row[0] += normal(said) == normal(text)
                row[1] += 1


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
    return lines


if __name__ == "__main__":
    main()
