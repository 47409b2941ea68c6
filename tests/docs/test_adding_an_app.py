from __future__ import annotations

import json
from pathlib import Path

from pages import install, rung
from PIL import Image, ImageDraw


def test_the_page_s_app_runs_and_measures_a_disc(tmp_path: Path) -> None:
    install("adding-an-app.md", tmp_path)
    picture = Image.new("RGB", (160, 160), (60, 140, 60))
    ImageDraw.Draw(picture).ellipse((40, 40, 120, 120), fill=(230, 40, 40))
    picture.save(tmp_path / "photo.png")

    arguments = ("image=photo.png", "points=[[80,80]]", "--variant", "grabcut", "--json")
    answer = json.loads(rung(tmp_path, "run", "counting.count", *arguments))

    (area,) = answer["output"]["areas_px"]
    assert 0.8 * 5153 < area < 1.2 * 5153
