"""`rung tune` as a user runs it: one real run in processes, and what is refused before anything is loaded."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from rung.cli.main import app
from rung.runtime.errors import InvalidInput, NotFound, Unavailable


@pytest.fixture
def cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two pictures of a light square on a dark ground, each with its true mask."""
    for name in ("RUNG_DATA_DIR", "RUNG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)
    entries = []
    for number in range(2):
        pixels, mask = np.full((96, 128, 3), 30, np.uint8), np.zeros((96, 128), np.uint8)
        here = (slice(20, 70), slice(30 + 10 * number, 80))
        pixels[here], mask[here] = (230, 200, 60), 255
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        Image.fromarray(mask).save(tmp_path / f"{number}.mask.png")
        box = [25 + 10 * number, 15, 85, 75]
        entries += [
            {"id": str(number), "operation": op, "inputs": {"image": f"{number}.png", "box": box}, "truth": truth}
            for op, truth in (
                ("editor.segment", {"mask": {"file": f"{number}.mask.png"}}),
                ("editor.cutout", {}),
            )
        ]
    (tmp_path / "cases.json").write_text(json.dumps({"version": 1, "cases": entries}))
    return tmp_path


def tune(*words: str) -> str:
    done = CliRunner().invoke(app, ["tune", *words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout


def test_a_field_of_an_operation_is_varied_measured_and_the_best_one_told(cases: Path) -> None:
    said = tune(
        *("editor.cutout", "--vary", "feather=1,0,40", "--metric", "picture_change", "--variant", "grabcut"),
        *("--cases", str(cases), "--picture", "p.svg", "--json", "--within", "0"),
    )

    found = json.loads(said)
    base, sharp, soft = found["rows"]
    assert base["error"] == 0.0 and base["runs"] == 2 and base["speed_up"] == 1.0
    assert 0.0 < sharp["error"] < soft["error"]
    assert base["variants"] == ["grabcut"] and base["peak"] > 0
    assert found["chosen"] == {"feather": 1}
    assert "feather=40" in (cases / "p.svg").read_text()


def test_an_option_of_a_variant_is_varied_by_loading_it_again_and_the_winner_is_written(cases: Path) -> None:
    said = tune(
        *("editor.segment", "--vary", "grabcut.caps.side=128,16", "--metric", "mask_error", "--variant", "grabcut"),
        *("--cases", str(cases), "--json", "--write", "--first", "1"),
    )

    found = json.loads(said)
    fine, coarse = found["rows"]
    assert [fine["setting"], coarse["setting"]] == [{"grabcut.caps.side": 128}, {"grabcut.caps.side": 16}]
    assert fine["error"] < coarse["error"]
    assert found["chosen"] == {"grabcut.caps.side": 128}
    assert (cases / "rung.toml").read_text() == "[variant.grabcut.caps]\nside = 128\n"


def test_an_ablation_runs_each_change_alone_and_says_whether_the_gains_add_up(cases: Path) -> None:
    said = tune(
        *("editor.cutout", "--ablate", "--vary", "feather=1,30", "--vary", "trim=false,true"),
        *("--metric", "number_change", "--variant", "grabcut", "--cases", str(cases), "--first", "1"),
    )

    rows = [line.split()[:2] for line in said.splitlines() if line.strip().startswith("feather=")]
    changes = [row for row in rows if row[1] in ("trim=false", "trim=true")]
    assert changes == [
        [f"feather={f}", f"trim={t}"] for f, t in ((1, "false"), (30, "false"), (1, "true"), (30, "true"))
    ]
    assert "Alone they save" in said and ("add up" in said)


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (("editor.cutout", "--vary", "feathr=1,2", "--metric", "missed"), InvalidInput, "did you mean 'feather'"),
        (("editor.cutout", "--vary", "feather=1,999", "--metric", "missed"), InvalidInput, "feather"),
        (("editor.cutout", "--vary", "feather=1,2", "--metric", "worth"), InvalidInput, "there is no metric"),
        (("editor.cut", "--vary", "feather=1,2", "--metric", "missed"), NotFound, "cutout"),
        (("editor.cutout", "--metric", "missed"), InvalidInput, "--vary"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_loaded(
    cases: Path, words: tuple[str, ...], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        tune(*words, "--cases", str(cases))


FILE = """
operation = "editor.segment"
metric = "mask_error"
variant = "sam-vit-h"
source = "a report; none of it was measured here"
vary = { "sam-vit-h.threads" = [2, 1] }
[[claim]]
at = { "sam-vit-h.threads" = 1 }
error = 0.0131
speed_up = 1.47
"""


def test_claims_stand_beside_columns_that_stay_empty_where_the_variant_is_not_to_be_had(
    cases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cases / "claims.toml").write_text(FILE)
    monkeypatch.setenv("RUNG_CACHE_DIR", str(cases / "no-weights"))

    done = CliRunner().invoke(app, ["tune", "--file", "claims.toml", "--cases", str(cases)])

    assert isinstance(done.exception, Unavailable)
    (row,) = [line.split() for line in done.stdout.splitlines() if line.strip().startswith("sam-vit-h.threads=1")]
    assert row[1:] == ["-", "-", "-", "-", "-", "-", "0", "(2", "failed)", "+0.0131", "1.47"]
    assert "not on this machine" in done.stdout
    assert "claimed: a report; none of it was measured here" in done.stdout
