"""DXF of every form and age: binary and text, with and without its own encoding, whole and cut off."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import Any

import ezdxf
import pytest
from drawings_maker import document
from hypothesis import given, settings
from hypothesis import strategies as st

from rung.apps.drawings.opening.dxf_file import BINARY, document_of
from rung.apps.drawings.opening.opened import open_page
from rung.apps.drawings.page_sentences import in_language
from rung.runtime.errors import InvalidInput

AGES = ("R12", "R2000", "R2007", "R2018")


def made(age: str, encoding: str = "cp1252", words: str = "25 H7") -> Any:
    """A plate with a text, a dimension and a picture of six bytes."""
    drawing = ezdxf.new(age)
    drawing.header["$INSUNITS"] = 4
    drawing.encoding = encoding
    drawing.header["$DWGCODEPAGE"] = {"cp949": "ANSI_949"}.get(encoding, "ANSI_1252")
    space = drawing.modelspace()
    corners = [(0, 0), (120, 0), (120, 60), (0, 60), (0, 0)]
    for start, end in pairwise(corners):
        space.add_line(start, end)
    space.add_text(words, height=3.5, dxfattribs={"insert": (20, 30)})
    space.add_linear_dim((0, -15), (0, 0), (120, 0), override={"dimtxt": 3.5, "dimlfac": 1}).render()
    return drawing


def as_text(drawing: Any) -> bytes:
    out = io.StringIO()
    drawing.write(out)
    return out.getvalue().encode(drawing.output_encoding)


def as_binary(drawing: Any) -> bytes:
    out = io.BytesIO()
    drawing.write(out, fmt="bin")
    return out.getvalue()


def opened(data: bytes) -> dict[str, Any]:
    return open_page(document(data, "image/vnd.dxf"), 1, None, 25_000_000, True)


@pytest.mark.parametrize("age", AGES)
def test_a_binary_dxf_of_any_age_is_read_as_its_text_is(age: str) -> None:
    drawing = made(age)

    text, binary = opened(as_text(drawing)), opened(as_binary(drawing))

    assert [one["text"] for one in binary["texts"]] == ["25 H7", "120"]
    assert binary["texts"] == text["texts"] and binary["png"] == text["png"]


def test_a_break_within_a_text_of_a_binary_dxf_breaks_no_tag() -> None:
    broken = as_binary(made("R2018")).replace(b"25 H7\0", b"25\nH7\0")

    assert [one["text"] for one in opened(broken)["texts"]] == ["25 H7", "120"]


def test_what_follows_the_end_mark_of_a_binary_dxf_is_nothing() -> None:
    assert [one["text"] for one in opened(as_binary(made("R12")) + b"\xff\xff\xffrest\0")["texts"]] == ["25 H7", "120"]


@pytest.mark.parametrize("age", ["R12", "R2000", "R2018"])
@pytest.mark.parametrize("written", [as_text, as_binary])
def test_hangul_is_read_in_the_file_s_own_encoding(age: str, written: Any) -> None:
    data = written(made(age, "cp949", "재질 SS400 3-R8 드릴"))

    assert "재질 SS400 3-R8 드릴" in [one["text"] for one in opened(data)["texts"]]


KOREAN = "재질 SS400, 열처리 HRC 58~62"


@pytest.mark.parametrize("age", ["R12", "R2000", "R2018"])
@pytest.mark.parametrize("true", ["utf8", "cp949"])
def test_letters_in_another_encoding_than_the_file_names_are_read_and_it_is_said(age: str, true: str) -> None:
    named = made(age, words=KOREAN)
    out = io.StringIO()
    named.write(out)
    data = out.getvalue().encode(true)

    found = opened(data)

    assert KOREAN in [one["text"] for one in found["texts"]]
    said = "the DXF names another encoding than that of its letters; they are read as " + true
    assert found["notes"] == ([] if (age, true) == ("R2018", "utf8") else [said])
    assert in_language(said, "ko") != said


@pytest.mark.parametrize("words", ["25°±0.1 Ø30", "Ø±°", "Größe 5 µm", "10°±", "°±5 °±5 20°C"])
def test_western_letters_stay_what_the_file_says(words: str) -> None:
    data = as_text(made("R2000", words=words))

    found = opened(data)

    assert words in [one["text"] for one in found["texts"]] and not found["notes"]


def test_a_byte_of_no_encoding_is_a_sign_that_says_so_and_breaks_nothing() -> None:
    data = as_text(made("R2018")).replace(b"25 H7", b"25 \xff\xc3 H7")

    assert "25 \ufffd\ufffd H7" in [one["text"] for one in opened(data)["texts"]]


@pytest.mark.parametrize("age", ["R2000", "R2018"])
def test_a_dimension_without_a_picture_is_drawn_by_what_it_measures_and_it_is_said(age: str) -> None:
    drawing = made(age)
    (dimension,) = drawing.modelspace().query("DIMENSION")
    drawing.blocks.delete_block(dimension.dxf.geometry, safe=False)
    dimension.dxf.discard("geometry")

    found = opened(as_text(drawing))

    assert [one["text"] for one in found["texts"]] == ["25 H7", "120"]
    assert [one["dimension"] for one in found["texts"]] == [None, 1]
    (note,) = found["notes"]
    assert note == "dimensions of the DXF that have no picture are drawn by what they measure: 1"
    assert in_language(note, "ko") != note


@pytest.mark.parametrize("age", AGES)
@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.999])
def test_a_binary_dxf_that_was_cut_off_is_called_broken(age: str, share: float) -> None:
    whole = as_binary(made(age))
    cut = whole[: max(int(share * len(whole)), len(BINARY))]

    with pytest.raises(InvalidInput, match=r"the DXF is broken: .* send it again in full"):
        document_of(cut)


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=300), at=st.integers(0, 4000))
def test_no_bytes_whatever_in_a_binary_dxf_raise_anything_but_our_own(data: bytes, at: int) -> None:
    whole = as_binary(made("R12"))

    for broken in (BINARY + data, whole[: 22 + at] + data + whole[22 + at + len(data) :]):
        try:
            document_of(broken)
        except InvalidInput as error:
            assert error.message.startswith("file: the DXF")
