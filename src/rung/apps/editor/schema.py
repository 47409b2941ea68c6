"""The editor's typed inputs and outputs. Positions are pixels of the upright picture, x right, y down."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from rung.runtime.app import FileOut, PictureIn, Request

Coordinate = Annotated[float, Field(allow_inf_nan=False)]
ClickIn = tuple[Coordinate, Coordinate] | tuple[Coordinate, Coordinate, Literal[0, 1]]
BoxIn = tuple[Coordinate, Coordinate, Coordinate, Coordinate]
Format = Literal["png", "jpeg", "webp"]


class Selection(Request):
    """A picture and what is meant in it: points, a box, both, or a mask that the caller made."""

    image: PictureIn = Field(description="PNG, JPEG or WebP")
    points: list[ClickIn] = Field(
        default=[],
        max_length=64,
        description="[[x, y, label], ...] in pixels; label 1 (default) adds, 0 subtracts",
    )
    box: BoxIn | None = Field(default=None, description="[x0, y0, x1, y1] in pixels")
    mask: PictureIn | None = Field(
        default=None, description="a picture of the same size: white (or opaque) is selected; instead of points and box"
    )

    @model_validator(mode="after")
    def _one_way_to_select(self) -> Self:
        if self.mask is not None and (self.points or self.box):
            raise ValueError("give either a mask, or points and box, not both")
        if self.points and self.box is None and not any(len(p) == 2 or p[2] == 1 for p in self.points):
            raise ValueError("points: at least one has to add (label 1), or give a box")
        return self


class _Required(Selection):
    @model_validator(mode="after")
    def _something_selected(self) -> Self:
        if self.mask is None and not self.points and self.box is None:
            raise ValueError("nothing is selected: give points, a box or a mask")
        return self


class _Hole(_Required):
    dilate: int | None = Field(
        default=None,
        ge=0,
        le=200,
        description="pixels to grow the selection by; default 0.8 % of the picture's longer side, at least 3",
    )
    feather: int = Field(default=3, ge=0, le=100, description="pixels over which the edge blends, inside the selection")
    format: Format = "png"


class SegmentRequest(_Required):
    """Which object."""


class SegmentReply(BaseModel):
    """The object's mask, white on black, as large as the picture."""

    mask: FileOut
    box: tuple[int, int, int, int] = Field(description="[x0, y0, x1, y1] of the mask, x1 and y1 exclusive")
    area_px: int
    score: float | None = Field(description="the model's own predicted overlap 0..1, null where it has none")


class RemoveRequest(_Hole):
    """Which object to take out."""


class RemoveReply(BaseModel):
    """The picture without the object. Pixels outside `mask` are the original's, bit for bit (in PNG)."""

    image: FileOut
    mask: FileOut = Field(description="what was filled: the selection, dilated")
    box: tuple[int, int, int, int]


class FillRequest(_Hole):
    """Which region, and what to paint there."""

    prompt: str = Field(min_length=1, max_length=1000)
    steps: int | None = Field(default=None, ge=1, le=150)


class ReplaceRequest(_Required):
    """Keep the object, exchange what is behind it: exactly one of background, colour, blur, prompt."""

    background: PictureIn | None = Field(default=None, description="a picture, stretched to cover")
    colour: str | None = Field(default=None, pattern=r"^#[0-9a-fA-F]{6}$", description="#rrggbb")
    blur: int | None = Field(default=None, ge=1, le=200, description="radius in pixels")
    prompt: str | None = Field(default=None, min_length=1, max_length=1000, description="painted by the task fill")
    feather: int = Field(default=2, ge=0, le=100)
    format: Format = "png"

    @model_validator(mode="after")
    def _one_background(self) -> Self:
        given = [n for n in ("background", "colour", "blur", "prompt") if getattr(self, n) is not None]
        if len(given) != 1:
            named = " and ".join(given) if given else "none of them"
            raise ValueError(f"give exactly one of background, colour, blur, prompt; got {named}")
        return self


class CutoutRequest(Selection):
    """Which object; nothing selected means the main one."""

    feather: int = Field(default=1, ge=0, le=100)
    trim: bool = Field(default=False, description="cut the picture down to the object")


class ImageReply(BaseModel):
    """One picture."""

    image: FileOut
    box: tuple[int, int, int, int] = Field(description="where the object is, [x0, y0, x1, y1]")
