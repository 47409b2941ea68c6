"""A number in a circle is a part's, and a number beside a circle or in a box is not."""

from __future__ import annotations

import cv2
import numpy as np

from rung.apps.drawings.balloons import circled
from rung.runtime.tasks import Picture


def page(draw: object = None) -> np.ndarray:
    canvas = np.full((400, 600), 255, np.uint8)
    cv2.circle(canvas, (100, 100), 38, 0, 2, cv2.LINE_AA)
    cv2.line(canvas, (138, 100), (190, 150), 0, 2)
    cv2.circle(canvas, (300, 100), 60, 0, 2, cv2.LINE_AA)
    cv2.rectangle(canvas, (420, 70), (480, 130), 0, 2)
    for x in (92, 380, 442):
        cv2.putText(canvas, "8", (x, 110), cv2.FONT_HERSHEY_SIMPLEX, 1, 0, 2)
    return canvas


def box(x: float, y: float, width: float = 18, height: float = 24) -> list[tuple[float, float]]:
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]


def test_only_what_a_circle_is_drawn_round_is_in_a_balloon() -> None:
    done, data = cv2.imencode(".png", page())
    assert done
    picture = Picture(data=data.tobytes(), key="p", width=600, height=400, media_type="image/png")

    found = circled(picture, [box(91, 88), box(379, 88), box(441, 88), box(20, 300), box(590, 395)])

    assert found == [True, False, False, False, False]
