"""The operation `segment` by HTTP on a real worker, with our own net."""

import io

import cv2
import httpx
import numpy as np
from PIL import Image

from rung.runtime.testing.served import served


def sheet_png() -> bytes:
    """A thick plate, its dimension line and a row of figures."""
    pixels = np.full((900, 1300), 255, np.uint8)
    cv2.rectangle(pixels, (300, 300), (1000, 700), 0, 4)
    cv2.line(pixels, (300, 200), (1000, 200), 0, 1)
    for x, tip in ((300, 1), (1000, -1)):
        cv2.line(pixels, (x, 290), (x, 180), 0, 1)
        cv2.fillPoly(pixels, [np.array([(x, 200), (x + 24 * tip, 196), (x + 24 * tip, 204)])], 0)
    cv2.putText(pixels, "350.25", (590, 190), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 0, 2)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", dpi=(200, 200))
    return out.getvalue()


def test_a_sheet_is_answered_as_components_of_classes_with_an_overlay() -> None:
    with served("--no-console") as server, httpx.Client(base_url=server.url, timeout=60) as http:
        got = http.post("/v1/drawings/segment", files={"file": ("sheet.png", sheet_png(), "image/png")})
        answer = got.json()
        (page,) = answer["output"]["pages"]
        picture = http.get(page["overlay"]["url"]).content

    provenance = next(one for one in answer["provenance"] if one["task"] == "classify-strokes")
    assert (provenance["variant"], provenance["kind"]) == ("edgnet", "real")
    letters = [c for c in page["components"] if c["class"] == "text"]
    assert page["counts"]["text"] >= 8 and len(letters) >= 5
    assert all(580 < c["box"][0] < 720 and c["box"][3] < 200 for c in letters)
    assert sum(page["counts"].values()) == page["steps"][0]["found"]
    assert Image.open(io.BytesIO(picture)).size == (1300, 900)
