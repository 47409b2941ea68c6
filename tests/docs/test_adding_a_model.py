from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from pages import install, rung
from PIL import Image


def test_the_page_s_model_is_planned_and_answers(tmp_path: Path) -> None:
    install("adding-a-model.md", tmp_path)
    picture = np.zeros((80, 80, 3), np.uint8)
    picture[:, :, 1] = 200
    picture[20:60, 20:60] = (255, 0, 0)
    Image.fromarray(picture).save(tmp_path / "photo.png")
    mask = np.zeros((80, 80), np.uint8)
    mask[20:60, 20:60] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")

    assert "mean-colour" in rung(tmp_path, "plan", "--task", "inpaint")
    arguments = ("image=photo.png", "mask=mask.png", "feather=0", "--variant", "mean-colour", "--out", "out", "--json")
    answer = json.loads(rung(tmp_path, "run", "editor.remove", *arguments))

    (row,) = [p for p in answer["provenance"] if p["task"] == "inpaint"]
    assert (row["variant"], row["kind"]) == ("mean-colour", "substitute")
    after = np.asarray(Image.open(tmp_path / "out" / "image.png"))
    assert (after == (0, 200, 0)).all()
