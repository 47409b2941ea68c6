"""The truth of generated sheets: what is printed is what it says, and where it says."""

import io
import os
from itertools import accumulate
from pathlib import Path

import cv2
import ezdxf
import numpy as np
import pypdfium2
import pytest
from ezdxf.entities.dimension import Dimension

from rung.lab.sheets.ink import ink_polygons, inked
from rung.lab.sheets.raster import paper_view, picture_of
from rung.lab.sheets.sheet import Sheet
from rung.lab.sheets.splits import EVERY, SPLITS, drawn, hindrance
from rung.lab.sheets.style import Style
from rung.lab.sheets.typefaces import ready
from rung.lab.sheets.wear import SCAN, worn
from rung.runtime.errors import InvalidInput


@pytest.fixture(autouse=True, scope="module")
def fonts() -> None:
    if (why := hindrance()) and not os.environ.get("RUNG_REQUIRE_FONTS"):
        pytest.skip(why)


STYLES = [(split, number) for split in SPLITS for number in range(len(SPLITS[split].styles))]


def printed(sheet: Sheet, style: Style) -> set[str]:
    """What the DXF prints as dimensions, its signs turned into canonical ones."""
    found = set()
    for entity in sheet.document.modelspace():
        if isinstance(entity, Dimension):
            letters = next(one for one in entity.virtual_entities() if one.dxftype() == "MTEXT")
            found.add(canonical(letters.plain_text(), style))
        elif entity.dxftype() == "TEXT":
            found.add(canonical(entity.dxf.text, style))
    return found


def canonical(text: str, style: Style) -> str:
    text = text.replace(style.diameter, "⌀").replace(style.comma, ".")
    head, sign, rest = text.partition(style.times)
    if sign and head.isdigit() and rest[:1] in "⌀MR":
        text = f"{head}×{rest}"
    text = text.replace(" 0^", "+0^").replace("^", "/").replace(style.by, "×")
    return text.replace(" ", "")


@pytest.mark.parametrize(("split", "number"), STYLES)
def test_every_dimension_says_what_is_printed(split: str, number: int) -> None:
    sheet, style = drawn(split, number), SPLITS[split].styles[number]
    shown = printed(sheet, style)
    said = {one.value.text.replace("(+", "+").replace("(-", "-") for one in sheet.truth.dimensions}
    missing = {text for text in said if text not in shown and text.rstrip(")") not in shown}
    assert said and not missing, (missing, shown)


@pytest.mark.parametrize(("split", "number"), STYLES[:2])
def test_a_polygon_holds_its_ink_and_no_more(split: str, number: int) -> None:
    sheet = drawn(split, number)
    view = paper_view(sheet.paper_mm, 200)
    letters = picture_of([mark for mark in sheet.marks if mark.angle is not None], view) < 128
    page = sheet.page()
    inside = np.zeros(letters.shape, np.uint8)
    for text in page.truth.texts:
        box = np.array(text.polygon)
        cv2.fillPoly(inside, [np.round(box).astype(np.int32)], 1)
        if text.alphabet == "dimension" and abs(box[0, 1] - box[1, 1]) < 1e-6:
            x0, y0, x1, y1 = *box.min(0).round().astype(int), *box.max(0).round().astype(int)
            rows, columns = np.nonzero(letters[y0 - 3 : y1 + 3, x0 - 3 : x1 + 3])
            slack = (rows.min(), columns.min(), y1 - y0 + 5 - rows.max(), x1 - x0 + 5 - columns.max())
            assert min(slack) >= 1 and max(slack) <= 6, (text, slack)
    outside = letters & (cv2.dilate(inside, np.ones((5, 5), np.uint8)) == 0)
    assert not outside.any()


def test_the_same_seed_gives_the_same_sheet() -> None:
    one, other = drawn("train", 3), drawn("train", 3)
    assert one.truth == other.truth
    unlike = one.page(100).picture != other.page(100).picture
    assert unlike.mean() < 1e-3  # ezdxf shifts a hatch's origin by thousandths of a millimetre, at random


def test_skew_moves_the_truth_with_the_ink() -> None:
    page = drawn("train", 0).page()
    scan = worn(page, SCAN, 7)
    inked = scan.labels > 0
    for text in scan.truth.texts:
        (x0, y0), (x1, y1) = np.array(text.polygon).min(0).astype(int), np.array(text.polygon).max(0).astype(int)
        if x0 > 0 and x1 < inked.shape[1] and y0 > 0 and y1 < inked.shape[0]:
            assert inked[y0 : y1 + 1, x0 : x1 + 1].any(), text


def test_splits_share_no_style_no_font_of_dimensions_and_no_seed() -> None:
    fonts = [{style.font for style in split.styles} for split in EVERY.values()]
    seeds = [set(range(split.first, split.first + split.sheets)) for split in EVERY.values()]
    for place, one in enumerate(fonts):
        assert all(not one & other for other in fonts[place + 1 :])
        assert all(not seeds[place] & other for other in seeds[place + 1 :])


def test_no_office_that_readings_are_measured_on_letters_its_dimensions_as_the_reader_was_trained() -> None:
    path = Path(__file__).parents[3] / "scripts" / "reader_fonts.txt"
    trained = {line for line in path.read_text("utf-8").splitlines() if line}
    measured = {style.font for name in ("validation", "test", "letters") for style in EVERY[name].styles}

    assert len(trained) > 50 and not trained & measured


def test_what_is_no_sheet_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no split 'exam'"):
        drawn("exam", 0)
    with pytest.raises(InvalidInput, match="not 100000"):
        drawn("train", 100_000)


def test_the_pdf_shows_what_the_picture_shows() -> None:
    sheet = drawn("train", 0)
    page = sheet.page(100).picture
    with pypdfium2.PdfDocument(sheet.pdf()) as document:
        shown = np.asarray(document[0].render(scale=100 / 72, grayscale=True).to_numpy())
    rows, columns = min(page.shape[0], shown.shape[0]), min(page.shape[1], shown.shape[1])
    ink, other = page[:rows, :columns] < 128, shown[:rows, :columns] < 128
    near = cv2.dilate(other.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert ink.any() and (ink & ~near).sum() < 0.01 * ink.sum()


def test_the_dxf_prints_the_same_when_it_is_read_again() -> None:
    sheet = drawn("train", 0)
    again = ink_polygons(inked(ezdxf.read(io.StringIO(sheet.dxf().decode()))))
    assert again.keys() == ink_polygons(sheet.marks).keys()
    for handle, polygon in ink_polygons(sheet.marks).items():
        assert np.allclose(polygon, again[handle], atol=0.05)


MEASURED = [split for split, found in EVERY.items() if not split.endswith("train")]
ENOUGH = 200
"""Dimensions by which a split tells a share of one in a hundred from twice that."""


@pytest.mark.parametrize("split", MEASURED)
def test_every_split_that_is_measured_has_enough_dimensions(split: str) -> None:
    found = EVERY[split]
    try:
        for style in found.styles:
            ready(style.lettering)
    except InvalidInput as error:
        pytest.skip(error.message)
    counts = (len(drawn(split, number).truth.dimensions) for number in range(found.sheets))

    assert any(total >= ENOUGH for total in accumulate(counts)), "the sheets after that need not be drawn"
