"""What may be done to a page before it is read: each step by itself, and a turned page's polygons are the page's."""

import cv2
import numpy as np
import pytest
from drawings_maker import Polygon, Reader, document

from rung.apps.drawings.opening.contrast import prepared
from rung.apps.drawings.pipeline import analyze
from rung.apps.drawings.schema import AnalyzeRequest
from rung.runtime.tasks import Document, Picture

DEGREES = 2.0
MARK = (700.0, 120.0)
"""Where a text stands on the straight page, far from what it is turned about."""
TURN = cv2.getRotationMatrix2D((400, 300), -DEGREES, 1)


def ruled(turned: bool) -> np.ndarray:
    page = np.full((600, 800), 255, np.uint8)
    for at in range(60, 560, 60):
        cv2.line(page, (50, at), (750, at), 0, 2)
    for at in (50, 750):
        cv2.line(page, (at, 60), (at, 540), 0, 2)
    return cv2.warpAffine(page, TURN, (800, 600), borderValue=255) if turned else page


def sent(page: np.ndarray) -> Document:
    return document(cv2.imencode(".png", page)[1].tobytes(), "image/png", page.shape[1], page.shape[0])


def pixels(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)


def square_round(x: float, y: float) -> Polygon:
    return ((x - 10, y - 10), (x + 10, y - 10), (x + 10, y + 10), (x - 10, y + 10))


@pytest.mark.parametrize(
    ("step", "changed"),
    [
        ("clahe", lambda page: cv2.createCLAHE(3.0, (8, 8)).apply(page)),
        ("blur", lambda page: cv2.GaussianBlur(page, (3, 3), 0)),
    ],
)
def test_each_step_does_what_it_is_called_and_nothing_else(step: str, changed: object) -> None:
    page = cv2.GaussianBlur(ruled(turned=False), (9, 9), 0) // 2 + 90
    file = sent(page)
    picture = Picture(data=file.data, key=file.key, width=800, height=600, media_type="image/png")

    done = pixels(prepared(picture, clahe=step == "clahe", blur=step == "blur", deskew=False)["png"])

    assert not np.array_equal(done, page)
    assert np.array_equal(done, changed(page))  # type: ignore[operator]


async def test_a_turned_page_is_read_straight_and_its_polygons_are_the_page_s() -> None:
    reader = Reader({square_round(*MARK): "25"})

    (page,) = (
        await analyze(reader.job(), AnalyzeRequest(file=sent(ruled(turned=True)), deskew=True, exports=[]))
    ).pages

    (asked,) = [input.picture for task, input in reader.asked if task == "find-text"]
    rows = (pixels(asked.data)[:, 300:500] < 128).mean(axis=1)
    assert rows.max() > 0.95, "the ruled lines lie level in the picture that is read"
    middle = np.mean(page.dimensions[0].polygon, axis=0)
    there = TURN @ np.array([*MARK, 1.0])
    assert np.hypot(*(middle - there)) < 2 and np.hypot(*(middle - MARK)) > 8
