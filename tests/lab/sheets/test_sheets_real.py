"""Drawings of others: what their dimension entities print is the truth, and what an edge cuts is none."""

from pathlib import Path

import numpy as np
import pytest

from rung.lab.readings import Told, matched
from rung.lab.sheets import real
from rung.lab.sheets.real import opened, windows
from rung.lab.sheets.splits import drawn


def test_a_drawing_read_from_its_file_has_the_truth_of_its_dimension_entities(tmp_path: Path) -> None:
    sheet = drawn("train", 0)
    path = tmp_path / "sheet.dxf"
    path.write_bytes(sheet.dxf())
    drawing = opened(path)
    entities = {one.dxf.handle for one in sheet.document.modelspace().query("DIMENSION")}
    assert drawing.dimensions.keys() == entities

    pages = list(windows(drawing, 200))
    found = [one.value.text for page in pages for one in page.truth.dimensions]
    said = {one.value.text for one in sheet.truth.dimensions}
    assert len(found) > len(entities) / 2 and set(found) <= {text.replace("(+", "+") for text in said} | said
    for page in pages:
        for one in page.truth.dimensions:
            corners = np.array(one.polygon)
            assert corners.min() >= 4 and (corners.max(0) <= np.array(page.picture.shape[::-1]) - 4).all()


def test_a_dimension_that_an_edge_cuts_is_no_truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sheet.dxf"
    path.write_bytes(drawn("train", 0).dxf())
    monkeypatch.setattr(real, "WINDOW_MM", (115.0, 85.0))
    pages = list(windows(opened(path), 100))

    texts = [one for page in pages for one in page.truth.texts]
    assert any(min(x for x, _ in one.polygon) < 0 for one in texts)
    for page in pages:
        for one in page.truth.dimensions:
            corners = np.array(one.polygon)
            assert corners.min() >= 4 and (corners.max(0) <= np.array(page.picture.shape[::-1]) - 4).all()


def test_the_ink_of_a_window_lies_where_its_truth_says(tmp_path: Path) -> None:
    path = tmp_path / "sheet.dxf"
    path.write_bytes(drawn("train", 0).dxf())
    page = next(windows(opened(path), 200))
    for one in page.truth.dimensions:
        (x0, y0), (x1, y1) = np.array(one.polygon).min(0).astype(int), np.array(one.polygon).max(0).astype(int) + 1
        assert (page.picture[y0:y1, x0:x1] < 128).any(), one
    twice = [Told(text=one.value.text, polygon=one.polygon) for one in page.truth.dimensions]
    assert matched(twice, twice).recall == 1.0
