"""Lines find their cells, and cells without a line are told."""

from cells_maker import HIGH, WIDE, cell, line, part

from rung.apps.drawings.lines import Line
from rung.apps.drawings.tables import table_of, unread_of


def within(text: str, x: float, y: float, wide: float = 60, high: float = 12) -> Line:
    corners = ((x, y), (x + wide, y), (x + wide, y + high), (x, y + high))
    return Line(polygon=corners, guesses=line(text, cell(0, 0)).guesses)


def test_lines_stand_in_the_cells_that_hold_their_middle() -> None:
    one = part("table", [cell(0, 0), cell(0, 1), cell(1, 0, columns=2)])
    lines = [within("second", 110, 10), within("first", 10, 10), within("below", 70, 52), within("elsewhere", 500, 10)]

    table = table_of(one, lines, "1.t1")

    assert (table.rows, table.columns) == (2, 2)
    assert [(c.row, c.column, c.columns, c.text) for c in table.cells] == [
        (0, 0, 1, "first"),
        (0, 1, 1, "second"),
        (1, 0, 2, "below"),
    ]
    assert table.cells[0].confidence == 0.9 and table.cells[0].engine == "toy"


def test_lines_of_one_cell_stand_one_below_the_other_in_reading_order() -> None:
    one = part("table", [cell(0, 0)])
    lines = [within("c", 5, 22), within("b", 50, 5, wide=30), within("a", 5, 6, wide=30)]

    assert table_of(one, lines, "1.t1").cells[0].text == "a\nb\nc"


def test_a_cell_with_ink_and_no_line_is_unread_and_an_empty_one_is_not() -> None:
    one = part("table", [cell(0, 0), cell(0, 1, empty=True), cell(1, 0), cell(1, 1)])
    blot = Line(polygon=cell(1, 1).polygon, reason="a blot")

    unread = unread_of(one, [within("said", 10, 10), blot])

    assert [one.polygon[0] for one in unread] == [(0, HIGH), (WIDE, HIGH)]
    assert "row 2, column 1" in unread[0].reason and "a blot" in unread[1].reason
