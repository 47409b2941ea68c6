"""What docs/serving.md tells operators to type, typed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pages import ROOT, rung
from test_readme import blocks

from rung.runtime.config import load_settings
from rung.runtime.testing.served import served

PAGE = ROOT / "docs/serving.md"


@pytest.mark.weights
def test_the_commands_about_jobs_run_against_a_server_and_without_one(tmp_path: Path) -> None:
    shutil.copy(ROOT / "src/rung/apps/editor/samples/dogs.jpg", tmp_path / "photo.jpg")
    curl, commands, *_ = blocks(PAGE, "sh")
    data = tmp_path / "data"
    with served("--no-console", env={"RUNG_DATA_DIR": str(data)}) as server:
        here = curl.replace("localhost:8000", server.url.removeprefix("http://"))
        answers = [
            subprocess.run(
                here, shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
            ).stdout
            for _ in range(2)
        ]
        ids = {json.loads(answer.rpartition("\n")[2])["id"] for answer in answers}
    listed, _ = [run(tmp_path, line) for line in commands.splitlines()]

    assert [answer.split()[1] for answer in answers] == ["202", "202"]
    assert len(ids) == 1 and ids.pop()[:18] in listed


def run(folder: Path, line: str) -> str:
    return rung(folder, *line.partition("#")[0].split()[1:])


def test_the_commands_about_models_run_against_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, commands, _ = blocks(PAGE, "sh")
    with served("--no-console") as server:
        monkeypatch.setenv("RUNG_PORT", server.url.rpartition(":")[2])
        said = [run(tmp_path, line) for line in commands.splitlines()]

    assert "grabcut" in said[0]
    assert [one.strip() for one in said[1:]] == [
        "grabcut is ready.",
        "grabcut is ready, pinned.",
        "grabcut is ready.",
        "grabcut is ready, unloaded after 300 s without a call.",
        "grabcut is unloaded.",
    ]


def test_the_commands_about_keys_run_and_the_secret_is_shown_once(tmp_path: Path) -> None:
    *_, commands = blocks(PAGE, "sh")
    created, listed = [run(tmp_path, line) for line in commands.splitlines()]

    (secret,) = re.findall(r"rung_\w+_[\w-]{43}", created)
    assert "till" in listed and secret not in listed


def test_the_settings_of_the_page_are_valid_and_those_that_are_said_to_be_defaults_are(tmp_path: Path) -> None:
    (tmp_path / "rung.toml").write_text("\n".join(blocks(PAGE, "toml")))
    settings, plain = load_settings(tmp_path / "rung.toml", env={}), load_settings(None, env={})

    assert settings.jobs == plain.jobs
    assert settings.server.max_running == plain.server.max_running
    assert settings.fetch.hosts == ("*.example.com",)
    assert [p.variant for p in settings.machine.preload] == ["migan", "sam2-tiny", "u2net"]
    assert settings.variants["u2net"].ttl_s == 600


def test_the_open_inference_protocols_example_runs_with_its_public_client(tmp_path: Path) -> None:
    shutil.copy(ROOT / "src/rung/apps/editor/samples/dogs.jpg", tmp_path / "photo.jpg")
    (code,) = blocks(PAGE, "python")
    with served("--no-console") as server:
        here = code.replace("localhost:8000", server.url.removeprefix("http://"))
        ran = subprocess.run([sys.executable, "-c", here], cwd=tmp_path, capture_output=True, text=True, timeout=60)

    assert ran.returncode == 0, ran.stderr
    provenance = json.loads(ran.stdout.splitlines()[-1])
    assert (provenance["variant"], provenance["task"]) == ("grabcut", "segment")
