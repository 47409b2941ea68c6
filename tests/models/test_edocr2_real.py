"""eDOCr2's loader in a real worker under TensorFlow, against its authors' own recogniser on the same rows.

Opt-in: RUNG_TEST_EDOCR2_PYTHON names an interpreter that has TensorFlow and eDOCr2's requirements, and
RUNG_TEST_EDOCR2_PATH the folder of eDOCr2's repository. Weights are random, of the architecture that its code builds
and saved as its training saves them: its authors' own files have never been read here.
"""

import asyncio
import json
import os
import subprocess
import time
from itertools import compress
from pathlib import Path
from random import Random

import cv2
import numpy as np
import pytest
from fake_call import png

from rung.lab.lettering.crops import sample
from rung.lab.lettering.faces import faces
from rung.models import cells
from rung.models.catalog.read import EDOCR2
from rung.models.catalog.runtimes import RUNTIMES
from rung.models.lettering.crops import upright
from rung.models.lettering.cutting import pieces
from rung.models.lettering.quads import of_polygon
from rung.runtime.engine import Engine
from rung.runtime.spec import GiB, Placement
from rung.runtime.tasks import ReadInput, TextBox
from rung.runtime.workers.template import Templates

PYTHON, FOLDER = (os.environ.get(f"RUNG_TEST_EDOCR2_{name}", "") for name in ("PYTHON", "PATH"))
pytestmark = pytest.mark.skipif(not PYTHON, reason="RUNG_TEST_EDOCR2_PYTHON names no interpreter that has TensorFlow")
FONTS = ("DejaVuSans.ttf", "LiberationSans-Regular.ttf")
NAMES = {"dimension": "dimensions", "frame": "gdts"}
COLUMN, LINE = 420, 90


def sheet(alphabet: str, count: int = 14) -> tuple[np.ndarray, list[TextBox]]:
    """Texts in two columns, each in a loose box of its own."""
    draw, pixels, boxes = Random(7), np.full((LINE * (count // 2 + 1), 2 * COLUMN), 255, np.uint8), []
    while len(boxes) < count:
        one = sample(faces(FONTS), draw, worn=0.0, frames=float(alphabet == "frame"))
        high, wide = one.crop.shape
        if one.alphabet != alphabet or wide > COLUMN - 20 or high > LINE - 10:
            continue
        x, y = 10 + COLUMN * (len(boxes) % 2), 5 + LINE * (len(boxes) // 2)
        pixels[y : y + high, x : x + wide] = one.crop
        corners = ((x, y), (x + wide, y), (x + wide, y + high), (x, y + high))
        boxes.append(TextBox(polygon=corners, alphabet=alphabet, score=1.0))
    return pixels, boxes


def row_of(grey: np.ndarray, box: TextBox) -> np.ndarray:
    """What the loader shows its net of a box: of a stack of deviations, what stands before it."""
    if box.alphabet == "frame":
        return cells.inside(upright(grey, of_polygon(box.polygon))[0])
    return pieces(grey, box).rows()[0]


def placement(folder: Path) -> Placement:
    return Placement(
        variant=EDOCR2,
        device="cpu",
        precision="fp32",
        threads=1,
        footprint=EDOCR2.places[0].footprint,
        options={"python": PYTHON},
        env={"PYTHONPATH": FOLDER},
        weight_paths={weights.name: str(folder / Path(weights.name).name) for weights in EDOCR2.weights},
    )


async def test_its_authors_recogniser_and_our_loader_say_the_same_of_the_same_rows(tmp_path: Path) -> None:
    sheets = {alphabet: sheet(alphabet) for alphabet in NAMES}
    for alphabet, (grey, boxes) in sheets.items():
        (rows := tmp_path / "rows" / NAMES[alphabet]).mkdir(parents=True)
        for number, box in enumerate(boxes):
            assert cv2.imwrite(str(rows / f"{number:02}.png"), row_of(grey, box))
    theirs = read_by_its_authors(tmp_path)
    placements = {EDOCR2.name: placement(tmp_path)}
    async with asyncio.timeout(240), Engine(placements, {"cpu": 8 * GiB}, 1, Templates(RUNTIMES)) as engine:
        for alphabet, (grey, boxes) in sheets.items():
            asked = ReadInput(picture=png(np.stack([grey] * 3, axis=-1)), boxes=tuple(boxes), alphabet=alphabet)
            answered = await engine.call(EDOCR2.name, asked, deadline=time.monotonic() + 200, seed=None)
            ours = [line.readings[0].text if line.readings else "" for line in answered.output.lines]
            whole = [alphabet == "frame" or pieces(grey, box).upper is None for box in boxes]

            assert list(compress(ours, whole)) == list(compress(theirs[NAMES[alphabet]], whole))
            assert sum(whole) > 8 and len(set(ours)) > len(ours) / 2, ours


def read_by_its_authors(folder: Path) -> dict[str, list[str]]:
    """The texts of `rows`, by the files that it leaves in the folder."""
    answer = subprocess.run(
        [PYTHON, str(Path(__file__).with_name("edocr2_oracle.py")), str(folder)],
        env=os.environ | {"PYTHONPATH": FOLDER}, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr[-2000:]
    found: dict[str, list[str]] = json.loads(answer.stdout.splitlines()[-1])
    return found
