"""Signs on generated sheets: what is written down of them is what is drawn, and the rest of the sheet stays."""

import os
from collections import Counter

import cv2
import numpy as np
import pytest
from ezdxf.entities.dimension import Dimension

from rung.lab.sheets import sheet as sheets
from rung.lab.sheets.ink import ink_polygons
from rung.lab.sheets.sheet import Sheet
from rung.lab.sheets.splits import drawn, hindrance

NEAR_MM = 12.0
"""Between a sign's strokes and the middle of what is lettered beside it, at most."""
SHEETS = [("train", 0), ("train", 3), ("validation", 1)]


@pytest.fixture(autouse=True, scope="module")
def fonts() -> None:
    if (why := hindrance()) and not os.environ.get("RUNG_REQUIRE_FONTS"):
        pytest.skip(why)


def without_signs(monkeypatch: pytest.MonkeyPatch, split: str, number: int) -> Sheet:
    with monkeypatch.context() as patched:
        patched.setattr(sheets, "signed", lambda *_: None)
        return drawn(split, number)


@pytest.mark.parametrize(("split", "number"), SHEETS)
def test_a_sheet_without_its_signs_is_the_same_sheet(split: str, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    signed, plain = drawn(split, number), without_signs(monkeypatch, split, number)
    assert set(plain.truth.texts) <= set(signed.truth.texts)
    assert set(plain.truth.areas) < set(signed.truth.areas)
    before, after = plain.page(100).picture, signed.page(100).picture
    # a hatch's origin is shifted by thousandths of a millimetre from call to call
    assert (after.astype(int) > before.astype(int) + 64).mean() < 1e-3
    assert (after.astype(int) < before.astype(int) - 64).mean() > 1e-4


@pytest.mark.parametrize(("split", "number"), SHEETS)
def test_a_sign_stands_on_paper_that_nothing_else_crosses(
    split: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed, plain = drawn(split, number), without_signs(monkeypatch, split, number)
    own = {area.handle for area in set(signed.truth.areas) - set(plain.truth.areas)}
    bare, full = plain.page().picture < 128, signed.page().picture < 128
    assert own
    for area in signed.page().truth.areas:
        if area.handle not in own:
            continue
        inside = np.zeros(bare.shape, np.uint8)
        cv2.fillPoly(inside, [np.int32(area.polygon)], 1)
        inside = cv2.erode(inside, np.ones((15, 15), np.uint8))
        assert not (bare & (inside > 0)).any(), area
        assert (full & (inside > 0)).any(), area


def test_signs_of_every_kind_are_drawn_and_say_their_texts() -> None:
    seen: Counter[tuple[str, str]] = Counter()
    for number in range(12):
        sheet = drawn("train", number)
        for area in sheet.truth.areas:
            if not area.variant:
                continue
            seen[area.label, area.variant] += 1
            x, y = np.array(area.polygon).T
            middles = [(text.text, *np.mean(text.polygon, axis=0)) for text in sheet.truth.texts]
            (left, low), (right, high) = (x.min() - NEAR_MM, y.min() - NEAR_MM), (x.max() + NEAR_MM, y.max() + NEAR_MM)
            held = {text for text, a, b in middles if left <= a <= right and low <= b <= high}
            assert set(area.text.split()) <= held, (area, held)
    kinds = {("surface", one) for one in ("basic", "removal", "prohibited")}
    kinds |= {("weld", one) for one in ("fillet", "v-butt", "square-butt", "plug")} | {("balloon", "circle")}
    assert set(seen) == kinds


def test_a_basic_dimension_has_its_box_and_others_have_none() -> None:
    found = {True: 0, False: 0}
    for number in (2, 3):
        sheet = drawn("train", number)
        basic = {one.polygon for one in sheet.truth.dimensions if one.value.form == "basic"}
        inks = ink_polygons(sheet.marks)
        for entity in sheet.document.modelspace():
            if not isinstance(entity, Dimension):
                continue
            block = entity.get_geometry_block()
            assert block is not None
            boxes = [np.array(one.get_points("xy")) for one in block.query("LWPOLYLINE") if one.closed]
            ink = inks[entity.dxf.handle]
            assert bool(boxes) == (ink in basic)
            found[bool(boxes)] += 1
            for box in boxes:
                low, high = np.array(ink).min(0) - box.min(0), box.max(0) - np.array(ink).max(0)
                assert np.all(low > 0.3) and np.all(high > 0.3) and np.all(np.concatenate((low, high)) < 2.5)
    assert min(found.values()) > 4
