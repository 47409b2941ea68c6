"""A text that the file itself holds, with where it stands; what the openers of PDF and DXF have in common."""

from __future__ import annotations

from dataclasses import dataclass

Corner = tuple[float, float]
Framed = tuple[int, int, int, int]
"""Where a text stands in a frame that the file keeps as one: (which frame, row, cell, cells in the row), from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerText:
    """One line of text. polygon: four corners in reading direction, in pixels of the page. height: of its capitals,
    in pixels. framed: where it stands in a frame of the file's; dimension: the number of the dimension that prints it;
    None: it is of none."""

    text: str
    polygon: tuple[Corner, ...]
    height: float
    framed: Framed | None = None
    dimension: int | None = None

    def plain(self) -> dict[str, object]:
        """As it crosses from a worker."""
        corners = [list(corner) for corner in self.polygon]
        of = {"framed": self.framed, "dimension": self.dimension}
        return {"text": self.text, "polygon": corners, "height": self.height, **of}


def fitting(width_in: float, height_in: float, dpi: float, most_pixels: int) -> float:
    """The dpi at which a page of that many inches has at most `most_pixels`."""
    pixels = width_in * dpi * height_in * dpi
    return dpi if pixels <= most_pixels else dpi * (most_pixels / pixels) ** 0.5
