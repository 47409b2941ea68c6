"""The sample photographs: small, named with their licences, and their click lies in the picture."""

import json
from pathlib import Path

import pytest
from PIL import Image

import rung.apps.editor

FOLDER = Path(rung.apps.editor.__file__).parent / "samples"
SAMPLES = json.loads((FOLDER / "samples.json").read_text("utf-8"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s["file"])
def test_a_sample_is_what_its_entry_says_and_its_licence_is_told(sample: dict[str, object]) -> None:
    with Image.open(FOLDER / str(sample["file"])) as image:
        assert image.size == (sample["width"], sample["height"])
        assert image.mode == "RGB" and image.getexif().get(0x112, 1) == 1
    x, y = sample["point"]  # type: ignore[misc]
    assert 0 <= x < image.width and 0 <= y < image.height
    assert f"`{sample['file']}`" in (FOLDER / "LICENCES.md").read_text("utf-8")


def test_every_photograph_of_the_folder_is_listed_and_together_they_are_small() -> None:
    photographs = sorted(FOLDER.glob("*.jpg"))
    assert sorted(s["file"] for s in SAMPLES) == [p.name for p in photographs]
    assert sum(p.stat().st_size for p in photographs) < 2_000_000
