"""Views: what stands together is one, but two bodies whose dimensions nearly touch are two."""

from __future__ import annotations

import cv2
import numpy as np

from rung.models.sheet.views import views
from rung.runtime.tasks import Box

PER_MM = 8.0


class Paper:
    """Ink is drawn in millimetres."""

    def __init__(self) -> None:
        self.ink = np.zeros((int(120 * PER_MM), int(200 * PER_MM)), np.uint8)

    def line(self, *points: tuple[float, float], wide: int = 3) -> Paper:
        corners = np.round(np.array(points) * PER_MM).astype(np.int32)
        cv2.polylines(self.ink, [corners], False, 255, wide)
        return self

    def part(self, x0: float, y0: float, x1: float, y1: float) -> Paper:
        return self.line((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0), wide=5)

    def circle(self, x: float, y: float, radius: float) -> Paper:
        cv2.circle(self.ink, (round(x * PER_MM), round(y * PER_MM)), round(radius * PER_MM), 255, 3)
        return self

    def word(self, x: float, y: float, text: str) -> Paper:
        cv2.putText(self.ink, text, (round(x * PER_MM), round(y * PER_MM)), 0, 0.9, 255, 2)
        return self

    def views(self) -> list[Box]:
        """From the left, in millimetres."""
        high, wide = self.ink.shape
        found = views(self.ink, (), (0, 0, wide, high), PER_MM)
        return sorted(tuple(round(side / PER_MM) for side in box) for box in found)  # type: ignore[misc]


def two_parts() -> Paper:
    """A leader's letters of the left part end 5 mm before the dimension line of the right one."""
    paper = Paper().part(20, 40, 60, 90).line((60, 62), (66, 68), (77, 68)).word(81, 70, "4-R80")
    return paper.part(110, 50, 160, 90).line((109, 50), (94, 50)).line((109, 90), (94, 90)).line((95, 50), (95, 90))


def test_two_parts_whose_letters_nearly_touch_are_two_views_each_with_its_own() -> None:
    left, right = two_parts().views()

    assert left[0] == 20 and 90 <= left[2] <= 92.5  # with the whole word
    assert 92 <= right[0] <= 94 and right[2] == 160


def test_two_parts_are_two_views_also_where_letters_of_one_run_into_a_line_of_the_other() -> None:
    left, right = two_parts().line((90, 69), (95, 69)).views()

    assert left[0] == 20 and left[2] < 95
    assert right[0] > 60 and right[2] == 160


def test_a_centre_line_through_two_parts_joins_no_views() -> None:
    assert len(two_parts().line((15, 80), (165, 80)).views()) == 2


def test_a_shaft_with_a_narrow_neck_is_one_view() -> None:
    shaft = Paper().line((20, 40), (50, 40), (50, 60), (90, 60), (90, 40), (120, 40))
    shaft.line((20, 90), (50, 90), (50, 70), (90, 70), (90, 90), (120, 90)).line((20, 40), (20, 90))

    (view,) = shaft.line((120, 40), (120, 90)).views()

    assert view == (20, 40, 120, 90)


def test_rows_of_dimensions_that_stand_off_are_no_view_of_their_own() -> None:
    rows = Paper().part(30, 20, 130, 60)
    for x in (30, 80, 130):
        rows.line((x, 64), (x, 84))
    (view,) = rows.line((30, 73), (130, 73)).line((30, 83), (130, 83)).views()

    assert view[:3] == (30, 20, 130) and view[3] >= 84


def test_a_balloon_whose_leader_ends_on_a_face_far_from_its_edges_is_of_that_view() -> None:
    bracket = Paper().line((30, 20), (30, 100), (130, 100), (130, 90), (40, 90), (40, 20), (30, 20), wide=5)

    (view,) = bracket.circle(120, 15, 6).line((116, 20), (70, 60)).views()

    assert view == (30, 9, 130, 100)
