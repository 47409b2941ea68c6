"""Which layouts of a DXF are pages, and that nothing of it is told twice or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from drawings_maker import dxf

from rung.apps.drawings.opening.opened import open_page, survey
from rung.apps.drawings.page_sentences import in_language


def part(space: Any) -> None:
    space.add_lwpolyline([(0, 0), (120, 0), (120, 60), (0, 60)], close=True)


def sized(space: Any) -> None:
    part(space)
    space.add_linear_dim((0, -15), (0, 0), (120, 0), dimstyle="EZDXF").render()


def window(paper: Any) -> None:
    paper.page_setup(size=(297, 210), margins=(0, 0, 0, 0))
    paper.add_viewport((150, 100), (200, 120), view_center_point=(60, 30), view_height=120)


def title(paper: Any) -> None:
    paper.add_text("SCM440", height=3.5, dxfattribs={"insert": (200, 10)})


def all_in_the_model(space: Any) -> None:
    sized(space)
    window(space.doc.layout("Layout1"))


def title_on_paper(space: Any) -> None:
    sized(space)
    window(space.doc.layout("Layout1"))
    title(space.doc.layout("Layout1"))


def sizes_on_paper(space: Any) -> None:
    part(space)
    paper = space.doc.layout("Layout1")
    window(paper)
    title(paper)
    paper.add_linear_dim((90, 50), (90, 60), (210, 60), dimstyle="EZDXF").render()


def two_papers(space: Any) -> None:
    sized(space.doc.layout("Layout1"))
    title(space.doc.layouts.new("Second"))


def title_in_a_block(space: Any) -> None:
    sized(space)
    block = space.doc.blocks.new("TITLE")
    title(block)
    outer = space.doc.blocks.new("OUTER")
    outer.add_blockref("TITLE", (0, 0))
    space.doc.layout("Layout1").add_blockref("OUTER", (0, 0))


@pytest.mark.parametrize(
    ("draw", "pages"),
    [
        (all_in_the_model, [["120"]]),
        (title_on_paper, [["120"], ["SCM440"]]),
        (sizes_on_paper, [["120", "SCM440"]]),
        (two_papers, [["120"], ["SCM440"]]),
        (title_in_a_block, [["120"], ["SCM440"]]),
    ],
)
def test_each_text_of_a_dxf_is_on_one_page(draw: Any, pages: list[list[str]]) -> None:
    file = dxf(draw)

    count = survey(file)["pages"]
    found = [open_page(file, page, None, 25_000_000, True) for page in range(1, count + 1)]

    assert [sorted(text["text"] for text in page["texts"]) for page in found] == pages
    for number, page in enumerate(found, 1):
        said = [note for note in page["notes"] if note.startswith(f"page {number} is the layout")]
        assert len(said) == (count > 1 and (draw is two_papers or number > 1))
        assert all(in_language(note, "ko") != note for note in said)


def test_a_paper_shows_what_its_windows_show_where_the_model_space_says_nothing() -> None:
    whole = open_page(dxf(sizes_on_paper), 1, None, 25_000_000, True)

    # The dimension line lies at 60 and the title at 10, the part reaches up to 130 millimetres of the paper.
    assert whole["height"] > 115 / 25.4 * 200
