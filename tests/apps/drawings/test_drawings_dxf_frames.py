"""GD&T frames that a DXF keeps as TOLERANCE entities: what they say, where they are drawn, and that they are read."""

from typing import Any

import cv2
import numpy as np
import pytest
from drawings_maker import Reader, dxf

from rung.apps.drawings.frames import frames_of
from rung.apps.drawings.layered import whole_in
from rung.apps.drawings.lines import Guess, Line
from rung.apps.drawings.opening.dxf_frames import cells_of
from rung.apps.drawings.opening.opened import open_page
from rung.apps.drawings.pipeline import analyze
from rung.apps.drawings.schema import AnalyzeRequest
from rung.models import sheet_layout
from rung.runtime.tasks import LayoutInput, Picture

POSITION = r"{\Fgdt;j}%%v{\Fgdt;n}0.05{\Fgdt;m}%%vA%%vB{\Fgdt;m}%%vC"
FLATNESS = r"{\Fgdt;c}%%v0.02%%v%%v%%v"
TWO_ROWS = r"{\Fgdt;b}%%v%%c0.1%%vA^J{\Fgdt;f}%%v0.02%%vB"


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (POSITION, [["⌖", "⌀0.05Ⓜ", "A", "BⓂ", "C"]]),
        (FLATNESS, [["⏥", "0.02"]]),
        (TWO_ROWS, [["⏊", "⌀0.1", "A"], ["⫽", "0.02", "B"]]),
        (r"{\Fgdt.shx|b0;h}%%v{\H0.7x;0.1}%%vA-B", [["↗", "0.1", "A-B"]]),
        ("%%v%%v", []),
    ],
)
def test_an_entity_s_string_says_what_stands_in_each_cell(content: str, rows: list[list[str]]) -> None:
    assert cells_of(content) == rows


class Asked:
    """A call that nobody takes back."""

    def check(self) -> None:
        pass


def sheet(space: Any) -> None:
    space.add_lwpolyline([(0, 0), (160, 0), (160, 100), (0, 100)], close=True)
    for y, content in ((80, POSITION), (60, FLATNESS), (40, TWO_ROWS)):
        space.new_entity("TOLERANCE", {"insert": (20, y), "content": content, "dimstyle": "EZDXF"})


def in_a_block(space: Any) -> None:
    block = space.doc.blocks.new("VIEW")
    sheet(block)
    space.add_blockref("VIEW", (500, 300))


@pytest.mark.parametrize("draw", [sheet, in_a_block])
def test_frames_of_a_dxf_are_drawn_found_and_read_as_the_entities_say(draw: Any) -> None:
    found = open_page(dxf(draw), 1, None, 25_000_000, True)
    picture = Picture(data=found["png"], key="k", width=found["width"], height=found["height"], media_type="image/png")
    asked = LayoutInput(picture=picture, dpi=found["dpi"])
    lines = [
        Line(polygon=tuple(map(tuple, one["polygon"])), guesses=(Guess(text=one["text"], confidence=1, engine="dxf"),))
        for one in found["texts"]
    ]

    seen = sheet_layout.find(asked, Asked())  # type: ignore[arg-type]
    parts = [part for part in seen.parts if part.kind == "frame"]
    read = [[whole_in(cell, at, lines) for at, cell in enumerate(c for c in part.cells if c.content)] for part in parts]
    frames, unread = frames_of(parts, read, 1)  # type: ignore[arg-type]

    assert sorted(frame.text for frame in frames) == sorted(["⌖|⌀0.05Ⓜ|A|BⓂ|C", "⏥|0.02", "⏊|⌀0.1|A", "⫽|0.02|B"])
    assert {frame.engine for frame in frames} == {"dxf"} and not unread
    grey = cv2.imdecode(np.frombuffer(found["png"], np.uint8), cv2.IMREAD_GRAYSCALE)
    (x0, y0), (x1, y1) = np.min(frames[0].polygon, axis=0), np.max(frames[0].polygon, axis=0)
    assert (grey[int(y0) : int(y1), int(x0) : int(x1)] < 128).mean() > 0.05


def turned(space: Any) -> None:
    """Two frames that run upwards, one of them of two rows, and one askew, which is in no catalogue."""
    space.add_lwpolyline([(0, 0), (160, 0), (160, 100), (0, 100)], close=True)
    up, askew = {"dimstyle": "EZDXF", "x_axis_vector": (0, 1)}, {"dimstyle": "EZDXF", "x_axis_vector": (1, 1)}
    space.new_entity("TOLERANCE", {"insert": (30, 20), "content": POSITION, **up})
    space.new_entity("TOLERANCE", {"insert": (60, 20), "content": TWO_ROWS, **up})
    space.new_entity("TOLERANCE", {"insert": (100, 20), "content": r"%%v0.1%%vA", **askew})


def turned_twice(space: Any) -> None:
    block = space.doc.blocks.new("VIEW")
    turned(block)
    space.add_blockref("VIEW", (500, 300))
    space.add_blockref("VIEW", (800, 300))


@pytest.mark.parametrize(("draw", "times"), [(turned, 1), (turned_twice, 2)])
async def test_frames_that_stand_turned_are_what_the_entities_say_and_never_dimensions(draw: Any, times: int) -> None:
    asked = AnalyzeRequest.model_validate({"file": dxf(draw), "exports": []})

    (page,) = (await analyze(Reader({}).job(), asked)).pages

    once = ["⌖|⌀0.05Ⓜ|A|BⓂ|C", "⏊|⌀0.1|A", "⫽|0.02|B", "|0.1|A"]
    assert [frame.text for frame in page.frames] == once * times
    first, upper, lower, bad = page.frames[:4]
    assert (first.characteristic, first.tolerance, first.engine) == ("position", 0.05, "dxf")
    assert upper.group == lower.group != first.group
    assert bad.errors and [one.reason for one in page.unread if "cell 1 of a feature" in one.reason]
    assert not page.dimensions and not page.texts
    assert len({frame.id for frame in page.frames}) == 4 * times


@pytest.mark.parametrize("sign", [r"{\fgdt|b0|i0|c2|p0;b}", r"{\Fgdt.shx;b}"])
def test_the_font_of_signs_is_known_however_a_program_names_it(sign: str) -> None:
    assert cells_of(f"{sign}%%v0.1%%vA") == [["⏊", "0.1", "A"]]
