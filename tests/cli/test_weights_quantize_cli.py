"""`rung weights quantize` on a real model: made in a process, tried in a worker, planned under its own name."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rung.cli import main
from rung.models.catalog.matte import U2NETP
from rung.runtime.config import load_settings
from rung.runtime.errors import RungError
from rung.runtime.weights.store import open_store


def rung(*words: str) -> str:
    done = CliRunner().invoke(main.app, [*words], catch_exceptions=True)
    if isinstance(done.exception, RungError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache that holds u2netp and nothing else."""
    (weights,) = U2NETP.weights
    path = open_store(load_settings(), [U2NETP]).present(weights)
    if path is None:
        pytest.skip("u2netp is not in the cache: rung weights pull")
    monkeypatch.setenv("RUNG_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("RUNG_DATA_DIR", str(tmp_path / "data"))
    copy = tmp_path / "cache" / "weights" / weights.name
    copy.parent.mkdir(parents=True)
    copy.write_bytes(path.read_bytes())
    return tmp_path / "cache"


@pytest.mark.weights
def test_a_real_model_is_quantized_tried_and_planned_with_its_quality_unmeasured(cache: Path) -> None:
    said = rung("weights", "quantize", "u2netp", "--to", "int8")

    assert "u2netp-int8: 2 MiB in place of 4 MiB. Its quality is unmeasured. Its answer to one example is" in said
    matte = json.loads(rung("plan", "--task", "matte", "--json"))["tasks"]["matte"]
    (row,) = [row for row in matte["rungs"] if row["variant"] == "u2netp-int8"]
    assert matte["ladder"] == ["u2net", "u2netp", "u2netp-int8"]
    assert (row["kind"], row["precision"], row["quality"]["value"]) == ("quantized", "int8", None)
    assert "its answer to one example was" in row["reason"]
    rows = json.loads(rung("weights", "list", "u2netp-int8", "--json"))
    assert [(r["state"], r["verified"], r["quality"]) for r in rows] == [("here", True, None)]
    assert "quality unmeasured" in rows[0]["source"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("u2netp", "--to", "fp8"), "the runtime onnx has no fp8 path on cpu"),
        (("u2netp", "--to", "int3"), "--to takes fp8, int8, q4, not 'int3'"),
        (("grabcut", "--to", "int8"), "grabcut is substitute"),
        (("sam2-tiny", "--to", "int8"), r"quantize the \.onnx"),
        (("nothing", "--to", "int8"), "There is no variant 'nothing'"),
        (("lama", "--to", "int8"), "is not here: `rung weights pull lama`"),
    ],
)
def test_what_cannot_be_is_one_sentence(tmp_path, monkeypatch, words, why) -> None:
    monkeypatch.setenv("RUNG_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("RUNG_DATA_DIR", str(tmp_path / "data"))
    with pytest.raises(RungError, match=why):
        rung("weights", "quantize", *words)


def test_a_damaged_record_is_a_problem_that_doctor_names(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("RUNG_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("RUNG_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "weights" / ".quantized").mkdir(parents=True)
    (tmp_path / "weights" / ".quantized" / "u2netp-int8.json").write_text("{")

    said = CliRunner().invoke(main.app, ["doctor"]).output

    assert "u2netp-int8.json is damaged" in " ".join(said.split())
