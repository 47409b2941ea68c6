"""What a DXF draws, as users have them: things far off, wrong units, blocks in rings, pictures in other files."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from drawings_maker import Reader, dxf
from ezdxf.npshapes import NumpyPath2d
from ezdxf.path import Path

from rung.apps.drawings.opening import dxf_drawn
from rung.apps.drawings.opening.dxf_ink import Stroke
from rung.apps.drawings.opening.dxf_squeeze import Walls
from rung.apps.drawings.opening.opened import open_page
from rung.apps.drawings.page_sentences import in_language
from rung.apps.drawings.pipeline import analyze
from rung.apps.drawings.schema import AnalyzeRequest
from rung.runtime.errors import InvalidInput
from rung.runtime.tasks import Document, SheetPart


def plate(space: Any) -> None:
    """120 x 60 with three dimension entities."""
    for start, end in (((0, 0), (120, 0)), ((120, 0), (120, 60)), ((120, 60), (0, 60)), ((0, 60), (0, 0))):
        space.add_line(start, end)
    space.add_linear_dim((0, -15), (0, 0), (120, 0), dimstyle="EZDXF").render()
    space.add_linear_dim((-15, 0), (0, 0), (0, 60), angle=90, dimstyle="EZDXF").render()
    space.add_diameter_dim((60, 30), radius=10, angle=45, dimstyle="EZDXF").render()


def opened(file: Document) -> dict[str, Any]:
    return open_page(file, 1, None, 64_000_000, True)


def texts(found: dict[str, Any]) -> list[str]:
    return sorted(text["text"] for text in found["texts"])


@pytest.mark.parametrize("far", [(5e5, 5e5), (1e20, 0), (-3e6, 100)])
def test_a_line_far_off_neither_hides_the_drawing_nor_goes_unsaid(far: tuple[float, float]) -> None:
    def draw(space: Any) -> None:
        plate(space)
        space.add_line(far, (far[0] + 1, far[1]))
        space.add_text("77", height=3.5, dxfattribs={"insert": far})

    found = opened(dxf(draw))

    assert texts(found) == ["120", "60", "Ø20"] and found["height"] < 3000
    assert min(text["height"] for text in found["texts"]) > 15
    (note,) = found["notes"]
    assert note.endswith("texts among it (1): '77'") and in_language(note, "ko") != note


@pytest.mark.parametrize(("unit", "letters"), [(6, "3.63e+03"), (0, "0.0726")])
def test_letters_say_how_large_the_paper_is_where_the_units_cannot_be_believed(unit: int, letters: str) -> None:
    def draw(space: Any) -> None:
        space.doc.header["$INSUNITS"] = unit
        space.add_text("25 H7", height=3.5 if unit else 0.07)
        space.add_line((0, 0), (10, 0) if unit else (0.2, 0))

    found = opened(dxf(draw))

    assert 15 < found["texts"][0]["height"] < 40 and found["width"] < 1500
    assert found["notes"][0].startswith(
        f"the letters of the DXF are {letters} mm high by its units; they are taken to be printed 3.5"
    )
    assert in_language(found["notes"][0], "ko") != found["notes"][0]


def test_blocks_that_hold_themselves_are_refused_with_what_helps() -> None:
    def draw(space: Any) -> None:
        one, other = space.doc.blocks.new("ONE"), space.doc.blocks.new("OTHER")
        for block, name in ((one, "OTHER"), (other, "ONE")):
            block.add_blockref(name, (1, 1))
            block.add_blockref(name, (2, 2))
        space.add_blockref("ONE", (0, 0))

    with pytest.raises(InvalidInput, match=r"blocks that hold themselves.*explode or purge") as caught:
        opened(dxf(draw))
    assert in_language(caught.value.message, "ko") != caught.value.message


def test_blocks_of_blocks_that_are_more_than_can_be_shown_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dxf_drawn, "MOST_ENTITIES", 1000)

    def draw(space: Any) -> None:
        for number in range(4):
            block = space.doc.blocks.new(f"B{number}")
            for _ in range(10):
                block.add_blockref(f"B{number - 1}", (0, 0)) if number else block.add_point((0, 0))
        space.add_blockref("B3", (0, 0))

    with pytest.raises(InvalidInput, match="draws more than 1000 things"):
        opened(dxf(draw))


def test_a_picture_in_another_file_is_told_and_never_opened(tmp_path: Any) -> None:
    (tmp_path / "secret.png").write_bytes(b"no picture: opening it would be an error")

    def draw(space: Any) -> None:
        plate(space)
        space.add_image(space.doc.add_image_def(str(tmp_path / "secret.png"), (100, 100)), (0, 0), (100, 80))
        space.doc.add_xref_def("other.dxf", "other")
        space.add_blockref("other", (0, 0))

    found = opened(dxf(draw))

    assert texts(found) == ["120", "60", "Ø20"], "the picture's path is no text of the drawing"
    (note,) = found["notes"]
    assert note == "entities of the DXF that cannot be drawn here are left out: 1 IMAGE, 1 XREF other"
    assert in_language(note, "ko") != note


def test_a_dimension_that_contradicts_itself_costs_no_other_and_is_told() -> None:
    def draw(space: Any) -> None:
        plate(space)
        space.add_linear_dim((0, -45), (0, 0), (120, 0), text=" ", dimstyle="EZDXF").render()

    found = opened(dxf(draw))

    assert {"120", "60", "Ø20"} <= set(texts(found))
    assert found["notes"] == ["entities of the DXF that cannot be drawn here are left out: 1 DIMENSION"]


def test_lines_are_as_wide_as_their_pens_and_strokes_of_letters_stay_apart() -> None:
    def draw(space: Any) -> None:
        space.add_line((0, 0), (100, 0), dxfattribs={"lineweight": 50})

    grey = cv2.imdecode(np.frombuffer(opened(dxf(draw))["png"], np.uint8), cv2.IMREAD_GRAYSCALE)

    ink = float((255 - grey[:, grey.shape[1] // 2].astype(float)).sum()) / 255
    assert ink == pytest.approx(0.5 / 25.4 * 200, abs=0.5)


async def analyzed(draw: Any, parts: tuple[SheetPart, ...] = ()) -> Any:
    asked = AnalyzeRequest.model_validate({"file": dxf(draw), "exports": []})
    return (await analyze(Reader({}, parts=parts).job(), asked)).pages[0]


def over(kind: Any, far: float, **more: Any) -> SheetPart:
    """A part from the page's corner as far as that."""
    return SheetPart(kind=kind, polygon=((0.0, 0.0), (far, 0.0), (far, far), (0.0, far)), **more)


@pytest.mark.parametrize(
    "part",
    [over("symbol", 4000, label="weld", variant="fillet", score=0.9), over("view", 5), over("table", 4000)],
    ids=lambda part: part.kind,
)
async def test_what_a_dimension_entity_prints_is_a_dimension_wherever_it_stands(part: SheetPart) -> None:
    page = await analyzed(plate, (part,))

    assert sorted(one.text for one in page.dimensions) == ["120", "60", "⌀20"] and not page.texts
    assert all(symbol.text is None for symbol in page.symbols)


def test_nothing_is_drawn_from_one_stroke_of_a_letter_to_the_next() -> None:
    letter = Path((0, 0))
    letter.line_to((0, 10))
    letter.move_to((5, 0))
    letter.line_to((5, 10))

    assert [line.tolist() for line in dxf_drawn._flat(NumpyPath2d(letter))] == [[[0, 0], [0, 10]], [[5, 0], [5, 10]]]


def test_a_text_over_both_its_walls_is_narrowed_from_both_sides() -> None:
    walls = Walls([Stroke([np.array([[x, -1.0], [x, 9.0]])], 0.25) for x in (2.0, 18.0)])
    corners = np.array([[0.0, 8.0], [20.0, 8.0], [20.0, 0.0], [0.0, 0.0]])

    moved, (letter,) = walls.squeezed(corners, [Stroke([np.array([[0.0, 0.0], [20.0, 8.0]])], None)])

    assert moved[:2, 0] == pytest.approx([3.6, 16.4]) and letter.lines[0][:, 0] == pytest.approx([3.6, 16.4])


async def test_a_loose_figure_is_no_dimension_where_the_file_keeps_its_dimensions() -> None:
    def draw(space: Any) -> None:
        plate(space)
        for at, said in (((60, 40), "3"), ((66, 40), "5x50"), ((20, 50), "8x45%%d"), ((20, 20), "4-%%c8")):
            space.add_text(said, height=3.5, dxfattribs={"insert": at})

    page = await analyzed(draw)

    assert {"3", "5x50"} <= {one.text for one in page.texts}
    assert sorted(one.text for one in page.dimensions) == ["120", "4×⌀8", "60", "8×45°", "⌀20"]


async def test_loose_figures_are_dimensions_where_the_dimensions_were_taken_apart() -> None:
    def draw(space: Any) -> None:
        space.add_lwpolyline([(0, 0), (120, 0), (120, 60), (0, 60)], close=True)
        for number, at in enumerate(((10, 70), (40, 70), (80, 70))):
            space.add_text(f"{number + 3}0", height=3.5, dxfattribs={"insert": at})

    page = await analyzed(draw)

    assert sorted(one.text for one in page.dimensions) == ["30", "40", "50"]


def framed_in(font: str) -> Any:
    def draw(space: Any) -> None:
        """A frame of two cells, the second a little too small for the letters of the font that is taken instead."""
        space.doc.styles.add("OWN", font=font)
        for left, right in ((0, 10), (10, 20)):
            space.add_lwpolyline([(left, 0), (right, 0), (right, 8), (left, 8)], close=True)
        at = {"style": "OWN", "insert": (11, 2.2)}
        space.add_text("0.15-B", height=3.5, dxfattribs=at)
        space.add_text("0.15-B", height=3.5, dxfattribs={**at, "insert": (11, 30)})

    return draw


@pytest.mark.parametrize(("font", "inside"), [("nobody-has-this.shx", True), ("DejaVuSans.ttf", False)])
def test_a_text_in_another_font_than_its_own_stays_between_its_walls(font: str, inside: bool) -> None:
    found = opened(dxf(framed_in(font)))

    walled, free = sorted(found["texts"], key=lambda text: -text["polygon"][0][1])
    per_unit = 200 / 25.4
    widths = [(text["polygon"][1][0] - text["polygon"][0][0]) / per_unit for text in (walled, free)]
    assert (walled["polygon"][1][0] < free["polygon"][1][0] - 5) is inside
    assert (widths[0] < 9) is inside and widths[1] > 10
    grey = cv2.imdecode(np.frombuffer(found["png"], np.uint8), cv2.IMREAD_GRAYSCALE)
    (x0, y0), (x1, y1) = np.min(walled["polygon"], axis=0), np.max(walled["polygon"], axis=0)
    assert (grey[int(y0) : int(y1), int(x0) : int(x1)] < 128).mean() > 0.15, "its letters stand where it says"


@pytest.mark.parametrize("before", ["{\\Fgdt;n}", "\\FAIGDT|b0|i0;n\\Ftxt;", "{\\fGDT|b0|i0|c2|p0;n}"])
async def test_letters_of_the_font_of_signs_are_the_signs(before: str) -> None:
    def draw(space: Any) -> None:
        plate(space)
        space.add_linear_dim((0, -30), (0, 0), (120, 0), text=f"{before}<> H7", dimstyle="EZDXF").render()
        space.doc.styles.add("SIGNS", font="gdt.shx")
        space.add_text("n", height=3.5, dxfattribs={"style": "SIGNS", "insert": (150, 30)})
        space.add_text("25 H7", height=3.5, dxfattribs={"insert": (155, 30)})

    page = await analyzed(draw)

    assert sorted(one.text for one in page.dimensions) == ["120", "60", "⌀120H7", "⌀20", "⌀25H7"]
