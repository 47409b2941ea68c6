"""Where things stand on a page: pixels as rendered, x right, y down; the page's dots per inch stand with it.

A polygon of a text has four corners in reading direction: top left, top right, bottom right, bottom left of the text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

Corner = tuple[float, float]
PolygonOut = list[Corner]
Coordinate = Annotated[float, Field(allow_inf_nan=False)]
BoxOut = tuple[float, float, float, float]


def rounded(polygon: Iterable[Corner]) -> PolygonOut:
    """To a tenth of a pixel: no figure behind it says anything."""
    return [(round(x, 1), round(y, 1)) for x, y in polygon]
