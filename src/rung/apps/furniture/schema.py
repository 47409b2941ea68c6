"""Furniture's typed inputs and outputs.

Positions are pixels of the upright picture, x right, y down. Sides are millimetres: width as one stands before the
piece, depth to its back, height from the floor. Volumes are cubic metres.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rung.runtime.app import FileOut, PictureIn, PictureOrNoneIn, Request
from rung.runtime.tasks import FocalSource, Level

MOST_PICTURES = 20
MOST_PIECES = 500
Coordinate = Annotated[float, Field(allow_inf_nan=False)]
BoxIn = tuple[Coordinate, Coordinate, Coordinate, Coordinate]
Millimetres = Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)]
Focal = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]
PictureId = int | Annotated[str, Field(min_length=1, max_length=100)]
Label = Annotated[str, Field(min_length=1, max_length=100)]


# --- what is asked for ---------------------------------------------------------------------------------


class Hand(Request):
    """A piece that a person or client points out, where the detector has no eye for it.

    A side that is known is believed to half a per cent, and gives the whole picture its scale.
    """

    image: PictureId | None = Field(default=None, description="which picture; null where there is only one")
    box: BoxIn = Field(description="[x0, y0, x1, y1] in pixels")
    label: Label = Field(description="a word of the class table, or any other")
    width_mm: Millimetres | None = None
    depth_mm: Millimetres | None = None
    height_mm: Millimetres | None = None


class Finding(Request):
    """How things are looked for."""

    least: float = Field(default=0.3, ge=0, le=1, description="scores below it are left out")
    masks: bool = Field(default=True, description="whether each piece's mask is answered as a picture")


class Shaping(Request):
    """How the shape of a piece is worked out. What a rung has no use for it ignores."""

    shape: Literal["none", "dimensions", "points", "gaussians", "mesh"] = Field(
        default="dimensions",
        description="the dearest thing wanted; none: sizes are only looked up by class, and labelled so",
    )
    steps: int | None = Field(default=None, ge=1, le=1000, description="of a generative model's first stage")
    detail_steps: int | None = Field(default=None, ge=1, le=1000, description="of its second stage")
    max_image_size: int | None = Field(
        default=None, ge=64, le=20_000, description="longer side to shrink to; null: never, as small pieces suffer"
    )
    mesh_cleanup: bool = False
    texture: bool = False
    layout: bool = False
    vertex_colour: bool = False
    preview: Literal["none", "png", "gif"] = "none"
    in_place: bool = Field(
        default=False,
        description="points stand in the camera's axes, all pieces of a picture together, where a rung can",
    )


class DetectRequest(Finding):
    """The furniture of one picture."""

    image: PictureIn = Field(description="PNG, JPEG or WebP")
    boxes: list[Hand] = Field(default=[], max_length=MOST_PIECES, description="pieces pointed out by hand")


class AnalyzeRequest(Finding, Shaping):
    """Photographs of one flat."""

    images: list[PictureOrNoneIn] = Field(min_length=1, max_length=MOST_PICTURES)
    ids: list[PictureId] = Field(default=[], description="one for each picture, all different; none: 1, 2, 3, ...")
    estimate_id: PictureId | None = Field(
        default=None, description="comes back as it is; {estimateId} in options.callback stands for it"
    )
    boxes: list[Hand] = Field(default=[], max_length=MOST_PIECES, description="pieces pointed out by hand")
    focal_px: list[Focal | None] = Field(
        default=[], description="focal length of each picture in pixels of it; null: from its EXIF, or estimated"
    )

    @model_validator(mode="after")
    def _one_for_each_picture(self) -> Self:
        count = len(self.images)
        for name in ("ids", "focal_px"):
            if (given := getattr(self, name)) and len(given) != count:
                raise ValueError(f"{name} has {len(given)} entries for {count} pictures; it is one for each")
        if len(set(map(str, self.ids))) < len(self.ids):
            raise ValueError("ids holds one twice; results could not be told apart")
        for hand in self.boxes:
            if hand.image is None and count > 1:
                raise ValueError("boxes: which picture? give `image`, one of the ids, with each box")
            if hand.image is not None and str(hand.image) not in self.names:
                raise ValueError(f"boxes: no picture {hand.image!r}; there is {', '.join(self.names)}")
        return self

    @property
    def names(self) -> list[str]:
        """The pictures' ids as text, in their order."""
        return [str(one) for one in self.ids] or [str(number + 1) for number in range(len(self.images))]


class ReconstructRequest(Shaping):
    """One piece of a picture: by its mask, or by a box round it."""

    image: PictureIn
    mask: PictureIn | None = Field(
        default=None, description="a picture of the same size: white (or opaque) is the piece; instead of a box"
    )
    box: BoxIn | None = Field(default=None, description="[x0, y0, x1, y1] in pixels")
    label: Label = Field(
        default="object", description="a word of the class table gives the fusion something to hold on"
    )
    focal_px: Focal | None = None
    width_mm: Millimetres | None = Field(default=None, description="where this side is known")
    depth_mm: Millimetres | None = None
    height_mm: Millimetres | None = None

    @model_validator(mode="after")
    def _one_way_to_select(self) -> Self:
        if (self.mask is None) == (self.box is None):
            raise ValueError("give either a mask or a box: it says which piece is meant")
        return self


class PieceIn(Request):
    """A piece on the packing list whose sides somebody knows."""

    label: Label
    width_mm: Millimetres
    depth_mm: Millimetres
    height_mm: Millimetres
    count: int = Field(default=1, ge=1, le=MOST_PIECES)


class TruckIn(Request):
    """A load space, inside."""

    width_mm: Millimetres
    length_mm: Millimetres
    height_mm: Millimetres


class SceneRequest(AnalyzeRequest):
    """A packing list: from photographs, from pieces with known sides, or from both."""

    images: list[PictureOrNoneIn] = Field(default=[], max_length=MOST_PICTURES)
    pieces: list[PieceIn] = Field(default=[], max_length=MOST_PIECES)
    truck: Label | TruckIn = Field(default="2.5t", description="a name of the truck table, or a load space")
    trucks: int = Field(default=4, ge=1, le=20, description="at most so many are filled")

    @model_validator(mode="after")
    def _something_to_load(self) -> Self:
        if not self.images and not self.pieces:
            raise ValueError("give images, pieces, or both: there is nothing to load")
        return self


# --- what is answered ------------------------------------------------------------------------------------


class Measure(BaseModel):
    """A figure with its uncertainty. Nine of ten times the truth should lie from low to high."""

    value: float
    low: float
    high: float
    level: Level | Literal["given"] = Field(
        description="what weighs most: generative (made whole by a model), depth (lifted from a depth map), prior (of"
        " its class), given (by hand)"
    )
    sources: list[str] = Field(description="what the figure rests on, the weightiest first")


class Trouble(BaseModel):
    """What failed; the rest of the answer stands all the same. object: null where it was the picture itself."""

    object: str | None
    stage: str
    code: str
    message: str


class Piece(BaseModel):
    """One piece of furniture in one picture.

    class: its entry in the class table, null for a word that is not there (then there is no prior). score: null for a
    box by hand. truncated: it goes on beyond the picture's edge. Measures are null where nothing is known.
    """

    model_config = ConfigDict(populate_by_name=True)

    id: str
    label: str
    class_: str | None = Field(serialization_alias="class")
    subtype: str | None = Field(default=None, description="the entry of the class's sizes that fits best")
    movable: bool = Field(description="false: built in, and not loaded")
    origin: Literal["detector", "hand"]
    score: float | None
    box: tuple[float, float, float, float]
    truncated: bool = False
    mask: FileOut | None = None
    width_mm: Measure | None = None
    depth_mm: Measure | None = None
    height_mm: Measure | None = None
    box_volume_m3: Measure | None = Field(default=None, description="of the upright box round it: what a truck needs")
    filled_volume_m3: Measure | None = Field(default=None, description="what it fills itself")
    points: FileOut | None = Field(default=None, description="PLY, points or gaussians, y up")
    mesh: FileOut | None = None
    preview: FileOut | None = None
    notes: list[str] = []


class PictureResult(BaseModel):
    """One picture's pieces. scale: what its lengths were multiplied by, so that they fit what is known of sizes.

    width, height: null where its URL gave no picture.
    """

    id: PictureId
    width: int | None
    height: int | None
    objects: list[Piece]
    unseen_classes: list[str] = Field(
        description="furniture that the detector has no word for: it may stand there all the same"
    )
    focal_px: float | None = None
    focal_source: FocalSource | None = None
    scale: Measure | None = None
    errors: list[Trouble] = []


class DetectReply(BaseModel):
    """The furniture of one picture, without its sizes."""

    width: int
    height: int
    objects: list[Piece]
    unseen_classes: list[str]
    errors: list[Trouble] = []


class AnalyzeReply(BaseModel):
    """Every picture in the order of the request; one that failed has `errors` and no objects."""

    estimate_id: PictureId | None = None
    images: list[PictureResult]


class ReconstructReply(BaseModel):
    """One piece in three dimensions; `object.points`, `mesh` and `preview` are files."""

    object: Piece
    metric: bool = Field(description="whether its lengths were measured, and not only looked up")
    focal_px: float | None = None
    focal_source: FocalSource | None = None


class Placement(BaseModel):
    """Where an entry of `pieces` lies: its corner nearest the front left of the floor, and its sides as it stands."""

    item: int
    truck: int
    x_mm: float
    y_mm: float
    z_mm: float
    width_mm: float
    depth_mm: float
    height_mm: float


class ScenePiece(BaseModel):
    """One thing to load. image, object: where it was seen; null for a piece from the request's list."""

    image: PictureId | None
    object: str | None
    label: str
    class_: str | None = Field(serialization_alias="class")
    width_mm: float
    depth_mm: float
    height_mm: float
    level: Level | Literal["given"]


class Load(BaseModel):
    """How the pieces lie in the truck. left: entries of `pieces` that found no room."""

    truck: str
    width_mm: float
    length_mm: float
    height_mm: float
    volume_m3: float
    trucks_used: int
    filled_share: float = Field(description="of the room of the trucks used, 0 to 1")
    placements: list[Placement]
    left: list[int]


class SceneReply(BaseModel):
    """The packing list. Only movable pieces with sides are loaded; the others are counted in `not_loaded`."""

    estimate_id: PictureId | None = None
    pieces: list[ScenePiece]
    counts: dict[str, int] = Field(description="movable pieces by class")
    not_loaded: dict[str, int] = Field(description="built in, or without any idea of their size, by class or word")
    box_volume_m3: Measure | None
    filled_volume_m3: Measure | None
    load: Load | None
    images: list[PictureResult] = []
