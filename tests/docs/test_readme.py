"""What the READMEs tell people to type, typed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import ROOT, rung
from PIL import Image

from rung.runtime.config import load_settings
from rung.runtime.testing.served import Served, served

EDITOR = ROOT / "src/rung/apps/editor"
FURNITURE = ROOT / "src/rung/apps/furniture"
DRAWINGS = ROOT / "src/rung/apps/drawings"
weights = pytest.mark.weights


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served("--no-console") as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(EDITOR / "samples/dogs.jpg", tmp_path / "dogs.jpg")
    shutil.copy(EDITOR / "samples/dogs.jpg", tmp_path / "photo.jpg")
    shutil.copy(FURNITURE / "samples/room.jpg", tmp_path / "room.jpg")
    shutil.copy(DRAWINGS / "samples/sheet.png", tmp_path / "sheet.png")
    return tmp_path


def typed(command: str, folder: Path, server: Served) -> str:
    here = command.replace("localhost:8000", server.url.removeprefix("http://"))
    return subprocess.run(here, shell=True, cwd=folder, capture_output=True, text=True, timeout=240, check=True).stdout


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


@weights
def test_the_curl_of_the_readme_saves_the_picture(server: Served, folder: Path) -> None:
    (command,) = [b for b in blocks(ROOT / "README.md", "sh") if "curl" in b]

    typed(command, folder, server)

    assert size(folder / "after.png") == (832, 1250)


@weights
def test_the_python_of_the_readme_runs(server: Served, folder: Path) -> None:
    (code,) = blocks(ROOT / "README.md", "python")

    program = code.replace("http://127.0.0.1:8000", server.url)
    ran = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=240)

    assert ran.returncode == 0, ran.stderr
    assert size(folder / "after.png") == (832, 1250)


@weights
def test_the_curl_of_the_editor_s_page_answers_in_the_shape_that_stands_there(server: Served, folder: Path) -> None:
    (command,) = blocks(EDITOR / "README.md", "sh")
    (shown,) = blocks(EDITOR / "README.md", "json")

    answer = json.loads(typed(command, folder, server))

    expected = json.loads(shown)
    assert answer.keys() == expected.keys()
    assert answer["output"].keys() == expected["output"].keys()
    assert answer["output"]["image"].keys() == expected["output"]["image"].keys()
    assert answer["provenance"][0].keys() == expected["provenance"][0].keys()
    assert answer["output"]["box"] == pytest.approx(expected["output"]["box"], abs=12)


@weights
def test_the_curl_of_furniture_s_page_answers_in_the_shape_that_stands_there(server: Served, folder: Path) -> None:
    (command,) = blocks(FURNITURE / "README.md", "sh")
    (shown,) = blocks(FURNITURE / "README.md", "json")

    answer = json.loads(typed(command, folder, server))

    expected = json.loads(shown)
    assert answer.keys() == expected.keys()
    (image,), (shown_image,) = answer["output"]["images"], expected["output"]["images"]
    assert (image.keys(), image["id"]) == (shown_image.keys(), shown_image["id"])
    assert image["unseen_classes"][:4] == shown_image["unseen_classes"][:4]
    (chair,) = [one for one in image["objects"] if one["label"] == "chair"]
    (shown_chair,) = shown_image["objects"]
    assert chair.keys() == shown_chair.keys() and chair["mask"].keys() == shown_chair["mask"].keys()
    assert chair["box"] == pytest.approx(shown_chair["box"], abs=6)
    for name in ("width_mm", "depth_mm", "height_mm", "box_volume_m3"):
        measure = chair[name]
        assert measure.keys() == shown_chair["width_mm"].keys()
        assert measure["low"] < measure["value"] < measure["high"] and measure["sources"]
    wardrobe = image["objects"][-1]
    assert (wardrobe["class"], wardrobe["origin"], wardrobe["mask"]["width"]) == ("wardrobe", "hand", 576)


@weights
def test_the_curl_of_drawings_page_answers_in_the_shape_that_stands_there(server: Served, folder: Path) -> None:
    (block,) = blocks(DRAWINGS / "README.md", "sh")
    (shown,) = blocks(DRAWINGS / "README.md", "json")
    (command,) = [line for line in block.splitlines() if line.startswith("curl")]

    answer = json.loads(typed(command, folder, server))

    expected = json.loads(shown)
    assert answer.keys() >= expected.keys() and answer["output"].keys() >= expected["output"].keys()
    (page,), (shown_page,) = answer["output"]["pages"], expected["output"]["pages"]
    assert page.keys() >= shown_page.keys() and page["picture"].keys() == shown_page["picture"].keys()
    (shown_dimension,) = shown_page["dimensions"]
    dimension = next(one for one in page["dimensions"] if one["text"] == shown_dimension["text"])
    assert dimension.keys() == shown_dimension.keys()
    for name in ("type", "nominal", "upper", "lower", "unit", "limits", "form"):
        assert dimension[name] == shown_dimension[name], name
    for corner, shown_corner in zip(dimension["polygon"], shown_dimension["polygon"], strict=True):
        assert corner == pytest.approx(shown_corner, abs=6)
    (shown_frame,) = shown_page["frames"]
    frame = next(one for one in page["frames"] if one["text"] == shown_frame["text"])
    assert frame.keys() >= shown_frame.keys()
    assert page["title_block"]["material"]["text"] == "POM"


def test_the_commands_about_the_machine_run(tmp_path: Path) -> None:
    (block,) = [b for b in blocks(ROOT / "README.md", "sh") if "rung doctor" in b]
    shutil.copytree(ROOT / "examples", tmp_path / "examples")

    for line in block.splitlines():
        assert rung(tmp_path, *line.partition("#")[0].split()[1:])


def test_the_settings_of_the_readme_are_valid(tmp_path: Path) -> None:
    (toml,) = blocks(ROOT / "README.md", "toml")
    (tmp_path / "rung.toml").write_text(toml)

    settings = load_settings(tmp_path / "rung.toml", env={})

    assert settings.tasks["fill"].mode == "mock"


def test_the_korean_readme_has_the_same_code(tmp_path: Path) -> None:
    def code(page: str) -> list[str]:
        found = re.findall(r"```\w+\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
        return [re.sub(r" *#.*", "", block) for block in found]

    assert code("README.ko.md") == code("README.md")
    assert (ROOT / "README.ko.md").read_text().count("\n## ") == (ROOT / "README.md").read_text().count("\n## ")
