"""From what a person corrected in a drawing to a figure of `rung tune`, as a user does it."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import ezdxf
import pytest
from typer.testing import CliRunner

from rung.cli.main import app

WITHOUT_MODELS = ("frames", "tables", "title_block", "views")


@pytest.fixture
def drawing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A DXF that says `25`, `30` and `40`, which are read without any model."""
    for name in ("RUNG_DATA_DIR", "RUNG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)
    made = ezdxf.new("R2010", setup=True)
    made.units = ezdxf.units.MM
    for number, text in enumerate(("25", "30", "40")):
        made.modelspace().add_text(text, height=5, dxfattribs={"insert": (20, 20 + 40 * number)})
    made.modelspace().add_lwpolyline([(0, 0), (200, 0), (200, 150), (0, 150)], close=True)
    made.saveas(tmp_path / "part.dxf")
    return tmp_path / "part.dxf"


def rung(*words: str) -> Any:
    done = CliRunner().invoke(app, list(words))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return json.loads(done.stdout)


def test_a_stored_correction_becomes_the_error_of_a_setting(drawing: Path, tmp_path: Path) -> None:
    """Five seconds: five commands, each with a worker of its own."""
    fields = [f"{name}=false" for name in WITHOUT_MODELS]
    page = rung("run", "drawings.analyze", f"file={drawing}", *fields, "exports=[]", "--json")["output"]["pages"][0]
    name = hashlib.sha256(drawing.read_bytes()).hexdigest()
    places = {one["text"]: one["polygon"] for one in page["dimensions"]}
    said = {"25": ("modified", "⌀25"), "30": ("verified", None), "40": ("rejected", None)}
    changes = [
        {"page": 1, "dpi": page["dpi"], "polygon": places[text], "before": text, "status": status, "text": right}
        for text, (status, right) in said.items()
    ]
    rung("run", "drawings.review", f"drawing={name}", f"changes={json.dumps(changes)}", "--json")
    rung("run", "drawings.review", f"drawing={name}", "cases=true", "--out", "cases", "--json")
    shutil.copy(drawing, Path("cases") / name)

    errors = {}
    for metric in ("dimensions_missed", "dimensions_wrong"):
        words = [word for field in (*fields, "exports=[]") for word in ("--field", field)]
        found = rung(
            *("tune", "drawings.analyze", "--cases", "cases", "--metric", metric, "--vary", "dimensions=true,false"),
            *(*words, "--json"),
        )
        errors[metric] = [row["error"] for row in found["rows"]]

    assert errors["dimensions_missed"] == [
        0.5,
        1.0,
    ]  # what was said of this drawing is kept for its caller, and does not come into what is measured
    assert errors["dimensions_wrong"][0] == pytest.approx(2 / 3)
