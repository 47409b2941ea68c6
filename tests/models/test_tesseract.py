"""Tesseract: what is made of its table, Hangul on a drawn line, and what is said where it is missing."""

import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from fake_call import png
from inpaint_makers import Heard, outputs
from PIL import Image, ImageDraw, ImageFont

from rung.models.tesseract import Tesseract, sentence, told
from rung.models.tesseract_table import Word, around, lines_of, rows_of
from rung.runtime.errors import Cancelled, LoadFailed
from rung.runtime.model import Context
from rung.runtime.tasks import ReadInput, TextBox

HANGUL = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")


def loaded(**options: str) -> Tesseract:
    if shutil.which("tesseract") is None:
        if os.environ.get("RUNG_REQUIRE_TESSERACT") == "1":
            pytest.fail("RUNG_REQUIRE_TESSERACT=1 and there is no tesseract on PATH")
        pytest.skip("tesseract is not on PATH: apt install tesseract-ocr tesseract-ocr-kor")
    model = Tesseract()
    model.load(
        Context(variant="t", task="read", device="cpu", precision="none", threads=1, weights={}, options=options)
    )
    return model


def test_the_table_s_words_are_told_by_picture() -> None:
    head = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
    rows = [
        "5\t1\t1\t1\t1\t1\t10\t8\t50\t30\t93.5\tS45C",
        "4\t3\t1\t1\t1\t0\t10\t8\t50\t30\t-1\t",
        "5\t3\t1\t1\t1\t1\t12\t8\t20\t30\t80\t축",
        "5\t3\t1\t1\t1\t2\t40\t8\t20\t30\t80\t ",
    ]
    assert told("\n".join([head, *rows]), 3) == [
        [Word("S45C", 10, 50, 30, 93.5, top=8)],
        [],
        [Word("축", 12, 20, 30, 80.0, top=8)],
    ]


def test_a_space_inside_a_word_of_hangul_is_closed_and_one_between_words_stays() -> None:
    words = [
        Word("지", 0, 20, 30, 90),
        Word("시", 24, 20, 30, 90),
        Word("없는", 56, 44, 30, 90),
        Word("C0.5", 102, 60, 30, 90),
    ]
    assert sentence(words) == "지시 없는 C0.5"


def test_a_program_or_a_language_that_is_missing_is_named_with_the_remedy() -> None:
    with pytest.raises(LoadFailed, match="no program no-such-program on PATH: apt install tesseract-ocr"):
        model = Tesseract()
        model.load(
            Context(
                variant="t", task="read", device="cpu", precision="none", threads=1, weights={},
                options={"program": "no-such-program"},
            )
        )  # fmt: skip
    with pytest.raises(LoadFailed, match="lacks xyz: apt install tesseract-ocr-xyz"):
        loaded(languages="eng+xyz")


def test_hangul_latin_and_an_empty_box_are_read_in_one_call() -> None:
    model = loaded()
    if not HANGUL.exists():
        pytest.skip("no font with Hangul: apt install fonts-noto-cjk")
    picture = Image.new("L", (800, 400), 255)
    drawing, font = ImageDraw.Draw(picture), ImageFont.truetype(str(HANGUL), 30)
    lines = {"베어링 하우징": (60, 40), "S45C": (60, 140)}
    for text, at in lines.items():
        drawing.text(at, text, font=font, fill=0)
    turned = np.ascontiguousarray(np.rot90(np.asarray(picture), 1))
    size = turned.shape
    # The sheet lies on its side: its texts read upwards.
    boxes = [_upwards(drawing.textbbox(at, text, font=font), size) for text, at in lines.items()]
    boxes.append(TextBox(polygon=((5, 5), (60, 5), (60, 30), (5, 30)), score=1.0))
    asked = ReadInput(picture=png(cv2.cvtColor(turned, cv2.COLOR_GRAY2RGB)), boxes=tuple(boxes))
    (read,), (measured,) = (outputs(one, asked) for one in (model, loaded(calibration="tesseract-kor")))
    assert [line.readings[0].text for line in read.lines[:2]] == list(lines)
    assert [line.readings[0].confidence for line in read.lines[:2]] == [None, None]
    assert all(0.5 < (line.readings[0].confidence or 0) < 1 for line in measured.lines[:2])
    assert read.lines[2].readings == () and read.lines[2].reason and read.alphabets == ("text",)


def test_a_line_is_parted_at_its_wide_gaps_and_its_box_holds_its_words() -> None:
    rows = ["25 40 20 60 30", "H7 104 18 40 32", "R5 400 20 60 30"]
    table = "\n".join("\t".join(["5", *"11111", *row.split()[1:], "90", row.split()[0]]) for row in rows)

    texts = list(lines_of(rows_of(table)))

    assert [[word.text for word in words] for words in texts] == [["25", "H7"], ["R5"]]
    assert around(texts[0]) == ((40, 18), (144, 18), (144, 50), (40, 50))


def test_texts_are_found_where_they_stand_upright_and_lying() -> None:
    model = loaded(calibration="tesseract-kor")
    paper = np.full((500, 700), 255, np.uint8)
    cv2.putText(paper, "SCALE 125", (80, 120), cv2.FONT_HERSHEY_SIMPLEX, 1.5, 0, 3, cv2.LINE_AA)
    lying = np.full((700, 500), 255, np.uint8)
    cv2.putText(lying, "R160 47", (60, 420), cv2.FONT_HERSHEY_SIMPLEX, 1.5, 0, 3, cv2.LINE_AA)
    both = np.minimum(paper, np.rot90(lying))
    picture = png(cv2.cvtColor(np.ascontiguousarray(both), cv2.COLOR_GRAY2RGB))

    (read,) = outputs(model, ReadInput(picture=picture, boxes=(), alphabet="dimension", own_boxes=True))

    found = {line.readings[0].text: line.polygon for line in read.lines}
    assert found.keys() >= {"SCALE 125", "R160 47"}
    (x0, y0), (x1, _), *_ = found["SCALE 125"]
    assert 75 < x0 < 95 and 75 < y0 < 125 and x1 > 300
    # It reads upwards: it begins low, and its second corner stands above the first.
    (x0, y0), (x1, y1), *_ = found["R160 47"]
    assert abs(x1 - x0) < 3 and y0 - y1 > 150 and y0 == pytest.approx(700 - 200 - 60, abs=8)


def test_a_call_that_is_cancelled_ends_the_program() -> None:
    model = loaded()

    class Unwanted(Heard):
        def check(self) -> None:
            raise Cancelled("not wanted any more")

    box = TextBox(polygon=((5, 5), (60, 5), (60, 30), (5, 30)), score=1.0)
    with pytest.raises(Cancelled):
        list(model.run([Unwanted(ReadInput(picture=png(np.zeros((100, 100, 3), np.uint8)), boxes=(box,)))]))


def _upwards(box: tuple[float, float, float, float], size: tuple[int, ...]) -> TextBox:
    """A box of the upright sheet, in its picture turned by a quarter counter-clockwise, `size` rows and columns."""
    x0, y0, x1, y1 = box
    corners = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    return TextBox(polygon=tuple((y, size[0] - x) for x, y in corners), score=1.0)
