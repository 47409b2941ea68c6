import pytest

from rung.apps.drawings.opening.selection import page_numbers
from rung.runtime.errors import InvalidInput, TooLarge


@pytest.mark.parametrize(("asked", "found"), [("", [1, 2, 3]), ("2", [2]), (" 3, 1-2,2 ", [1, 2, 3]), ("1-1", [1])])
def test_pages_are_named_one_by_one_or_as_ranges(asked: str, found: list[int]) -> None:
    assert page_numbers(asked, 3, 20) == found


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("4", "there is no page 4; the file has 3 pages"),
        ("0", "no page 0"),
        ("a", "'a' is no page"),
        ("3-1", "backwards"),
    ],
)
def test_a_page_that_is_not_there_is_refused(asked: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        page_numbers(asked, 3, 20)


@pytest.mark.parametrize(("asked", "said"), [("", "the file has 500 pages"), ("1-30", "pages asks for 30")])
def test_more_pages_than_one_call_reads_are_refused_with_the_way_to_read_them(asked: str, said: str) -> None:
    with pytest.raises(TooLarge, match=rf"{said}, and one call reads at most 20: choose them, such as pages=1-20"):
        page_numbers(asked, 500, 20)

    assert page_numbers("481-500", 500, 20) == list(range(481, 501))
