"""Opening a drawing: pages, pixels, the file's own texts, and what is wrong with a file that cannot be opened."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
import pytest
from drawings_maker import document, dxf, pdf, ruled, scan
from PIL import ExifTags, Image

from rung.apps.drawings.opening import raster_page
from rung.apps.drawings.opening.opened import open_page, survey
from rung.apps.drawings.page_sentences import in_language
from rung.runtime.errors import InvalidInput
from rung.runtime.tasks import Document

MOST = 25_000_000


def opened(file: Document, page: int = 1, dpi: int | None = None, most: int = MOST) -> dict[str, Any]:
    return open_page(file, page, dpi, most, True)


def pixels(found: dict[str, Any]) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(found["png"], np.uint8), cv2.IMREAD_GRAYSCALE)


def ink_share(grey: np.ndarray, polygon: list[list[float]]) -> float:
    """Of the page's ink, how much lies in the polygon."""
    mask = cv2.fillPoly(np.zeros_like(grey), [np.round(polygon).astype(np.int32)], 255)
    return float(((grey < 128) & (mask > 0)).sum() / (grey < 128).sum())


def turned_text(sheet: Any, text: str, degrees: float) -> None:
    sheet.translate(300, 400)
    sheet.rotate(degrees)
    sheet.drawString(0, 0, text)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270, 30])
def test_a_pdf_s_text_stands_over_its_own_ink_in_reading_direction(degrees: float) -> None:
    file = pdf(lambda sheet: turned_text(sheet, "25 ±0.1", degrees))

    found = opened(file)

    (text,) = found["texts"]
    first, second = np.array(text["polygon"][0]), np.array(text["polygon"][1])
    along = (second - first) / np.linalg.norm(second - first)
    assert text["text"] == "25 ±0.1"
    assert along == pytest.approx([np.cos(np.radians(degrees)), -np.sin(np.radians(degrees))], abs=0.02)
    assert ink_share(pixels(found), text["polygon"]) > 0.95


def test_letters_far_apart_smaller_ones_and_another_line_are_texts_of_their_own() -> None:
    def draw(sheet: Any) -> None:
        sheet.drawString(100, 700, "⌀".replace("⌀", "R") + "5")
        sheet.drawString(200, 700, "30")
        sheet.setFont("Helvetica", 7)
        sheet.drawString(214, 705, "+0.1")
        sheet.drawString(214, 697, "-0.2")

    texts = opened(pdf(draw))["texts"]

    assert [text["text"] for text in texts] == ["R5", "30", "+0.1", "-0.2"]


def test_invisible_text_of_another_program_s_recognition_is_left_out() -> None:
    def draw(sheet: Any) -> None:
        sheet.drawString(100, 600, "seen")
        text = sheet.beginText(100, 700)
        text.setTextRenderMode(3)
        text.textOut("guessed")
        sheet.drawText(text)

    assert [text["text"] for text in opened(pdf(draw))["texts"]] == ["seen"]


def test_a_dxf_s_dimension_is_drawn_and_its_text_is_heard_where_its_ink_is() -> None:
    def draw(space: Any) -> None:
        space.add_lwpolyline([(0, 0), (120, 0), (120, 60), (0, 60)], close=True)
        space.add_linear_dim((0, -15), (0, 0), (120, 0)).render()
        space.add_text("%%c25 H7", height=3.5, rotation=90).set_placement((60, 20))

    found = opened(dxf(draw))

    grey, texts = pixels(found), {text["text"]: text["polygon"] for text in found["texts"]}
    assert set(texts) == {"120", "Ø25 H7"}
    x0, y0 = np.min(texts["Ø25 H7"], axis=0)
    x1, y1 = np.max(texts["Ø25 H7"], axis=0)
    assert y1 - y0 > 2 * (x1 - x0), "it runs upwards"
    assert (grey[int(y0) : int(y1), int(x0) : int(x1)] < 128).mean() > 0.15
    assert texts["Ø25 H7"][0][1] > texts["Ø25 H7"][1][1], "and begins at the bottom"


def test_a_page_of_too_many_pixels_is_rendered_at_a_lower_dpi_and_says_so() -> None:
    found = opened(pdf(ruled), dpi=300, most=1_000_000)

    assert found["width"] * found["height"] <= 1_003_000
    assert found["dpi"] < 150 and "rendered at" in found["notes"][0]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_a_scan_of_too_many_pixels_is_shrunk_with_its_dpi_and_says_so(kind: str) -> None:
    file = scan(1200, 800, ink=60, kind=kind, dpi=(300, 300))

    found = opened(file, most=240_000)

    grey = pixels(found)
    assert grey.shape == (400, 600) and found["dpi"] == pytest.approx(150, abs=0.01) and found["dpi_source"] == "file"
    assert found["notes"] == [
        "page 1 is read at 150 dpi instead of 300, as it has more than 240000 pixels; positions are in pixels of the"
        " smaller picture"
    ]
    dark = np.argwhere(grey < 128)
    assert abs(dark.min(axis=0) - [25, 30]).max() <= 1 and abs(dark.max(axis=0) - [54, 59]).max() <= 1


def test_what_is_shrunk_stands_upright_and_an_unknown_dpi_stays_one() -> None:
    turned = Image.fromarray(np.pad(np.zeros((40, 200), np.uint8), ((0, 360), (0, 400)), constant_values=255))
    turned.getexif()[ExifTags.Base.Orientation] = 6  # the picture's top is the scene's right
    out = io.BytesIO()
    turned.save(out, "PNG", exif=turned.getexif())

    found = opened(document(out.getvalue(), "image/png", 400, 600), most=60_000)

    grey = pixels(found)
    assert grey.shape == (300, 200) and (grey[:100, 185:] < 128).all() and found["dpi_source"] == "assumed"
    assert "read at 100 dpi instead of 200 (assumed: the file does not say)" in found["notes"][0]


def test_a_large_scan_is_made_grey_in_strips_without_a_seam() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (2500, 1))
    out = io.BytesIO()
    Image.merge("RGBA", [Image.fromarray(one) for one in (ramp, ramp, ramp, np.full_like(ramp, 255))]).save(out, "PNG")

    grey, _, share = raster_page.decode(out.getvalue(), 1, MOST)

    assert share == 1 and (grey == ramp).all()


def test_light_lines_on_a_dark_ground_are_exchanged_and_a_blank_page_is_known() -> None:
    dark = io.BytesIO()
    Image.fromarray(255 - np.asarray(Image.open(io.BytesIO(scan().data)))).save(dark, "PNG")

    assert int(np.median(pixels(opened(document(dark.getvalue(), "image/png"))))) > 200
    assert opened(scan(ink=0))["blank"] and not opened(scan())["blank"]


def test_every_page_of_a_tiff_is_opened_at_its_own_dpi() -> None:
    out = io.BytesIO()
    first, second = Image.new("1", (300, 200), 1), Image.new("1", (200, 100), 1)
    first.save(out, "TIFF", save_all=True, append_images=[second], dpi=(300, 300), compression="group4")
    file = document(out.getvalue(), "image/tiff", 300, 200)

    assert survey(file) == {"pages": 2}
    assert [(opened(file, page)["width"], opened(file, page)["dpi"]) for page in (1, 2)] == [(300, 300.0), (200, 300.0)]
    assert opened(scan(dpi=(96, 96)))["dpi_source"] == "assumed", "a screen's dpi says nothing of the paper"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (pdf(ruled, password="secret"), "the PDF is encrypted and wants a password"),
        (document(b"%PDF-1.7 rubbish", "application/pdf"), "the PDF cannot be opened"),
        (document(scan().data[:60] + b"IEND", "image/png"), "the picture"),
        (document(b"0\nSECTION\n2\nENTITIES\n0\n", "image/vnd.dxf"), "the DXF is broken"),
        (dxf(lambda space: None), "the DXF holds nothing that is drawn"),
    ],
)
def test_a_file_that_cannot_be_opened_says_what_is_wrong_with_it(file: Document, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as caught:
        survey(file)
        opened(file)

    assert caught.value.details["field"] == "file"


def plate(space: Any) -> None:
    space.add_lwpolyline([(0, 0), (120, 0), (120, 60), (0, 60)], close=True)
    space.add_text("25 H7", height=3.5)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.9])
def test_a_dxf_that_was_cut_off_is_called_broken_and_neither_empty_nor_read_in_part(share: float) -> None:
    whole = dxf(plate).data
    cut = whole[: int(share * len(whole))]

    assert [text["text"] for text in opened(document(whole.rstrip(), "image/vnd.dxf"))["texts"]] == ["25 H7"]
    with pytest.raises(InvalidInput, match=r"the DXF is broken: .* send it again in full, or save it as") as caught:
        opened(document(cut, "image/vnd.dxf"))
    assert in_language(caught.value.message, "ko").startswith("DXF가 손상되었습니다")
