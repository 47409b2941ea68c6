"""What is asked of the models that read drawings: where text is and what it says, how a sheet is laid out, what its
strokes are, what a process holds, and what a model that sees and speaks says of it.

Polygons are corners (x, y) in pixels of the upright picture. A text's has four, in its own reading direction: top left,
top right, bottom right, bottom left; so a text that runs upwards begins at the bottom of the picture.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from rung.runtime.errors import InvalidInput
from rung.runtime.tasks.pictures import Box, Picture

Polygon = tuple[tuple[float, float], ...]
Alphabet = Literal["dimension", "frame", "text"]
"""What a text is made of: a dimension's signs, those of a feature control frame, or any words."""
CORNERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBox:
    """Where one line of text stands. polygon: four corners in reading direction. score: the finder's own, 0..1; None
    where it has no such figure or the caller drew the box. alphabet: None: not known yet."""

    polygon: Polygon
    score: float | None = None
    alphabet: Alphabet | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindTextInput:
    """Where text stands in a picture, at any angle.

    patch: side in pixels of the overlapping patches that are looked at one after another; None: the variant's own; 0:
    the picture as a whole. overlap: share of a patch's side. merge_px: boxes of one line nearer than this are one;
    None: the variant's own.
    """

    picture: Picture
    patch: int | None = None
    overlap: float = 0.1
    merge_px: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindTextOutput:
    """boxes: from the top down. width, height: of the picture.

    doubtful: further places where figures may stand, most of which hold none: only a sure reading is to be believed.
    """

    boxes: tuple[TextBox, ...]
    width: int
    height: int
    doubtful: tuple[TextBox, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadInput:
    """What the texts in these boxes of a picture say.

    alphabet: of the boxes that do not say their own. own_boxes: texts that the rung finds in the picture by itself are
    answered too, behind those of the boxes; a rung that only reads finds none.
    """

    picture: Picture
    boxes: tuple[TextBox, ...]
    alphabet: Alphabet = "text"
    own_boxes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One way to read a box. confidence: 0..1, how often readings of which the rung is so sure were right on drawings
    of known truth; None where nobody measured that, whatever figure of its own the rung has."""

    text: str
    confidence: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """What a box says. box: its place in the input, counted on where the rung found it itself. polygon: the box, or the
    tighter one that was read.

    readings: likeliest first; empty: nothing could be read, and `reason` says why.
    """

    box: int
    polygon: Polygon
    readings: tuple[Reading, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOutput:
    """lines: one for each box of the input, in its order, then the rung's own. alphabets: those that this rung was made
    for."""

    lines: tuple[TextLine, ...]
    alphabets: tuple[Alphabet, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutInput:
    """How a sheet is laid out. dpi: of the picture; None: not known."""

    picture: Picture
    dpi: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell of a table. box: x0, y0, x1, y1 in pixels, inside its walls; row, column: of its top left, from 0.

    polygon: its four corners where the sheet lies askew, so that the box round them holds parts of its neighbours;
    empty: the box is all there is to say. content: four corners round the ink in it, level as its walls are; empty:
    nothing stands there, or the rung did not look.
    """

    box: Box
    row: int
    column: int
    rows: int = 1
    columns: int = 1
    polygon: Polygon = ()
    content: Polygon = ()


PartKind = Literal["border", "title-block", "table", "frame", "view", "symbol"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPart:
    """A part of a sheet. kind `frame`: a feature control frame. label: which symbol or view it is, where that is known.

    variant: of a symbol, as what a finish mark asks for or a weld's joint. cells: of a table, a title block or a frame,
    by row and column. score: the model's own, 0..1, or None where none was measured.
    """

    kind: PartKind
    polygon: Polygon
    label: str = ""
    variant: str = ""
    cells: tuple[Cell, ...] = ()
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutOutput:
    """parts: the larger first. kinds: what this rung has an eye for; what is not among them was not looked for."""

    parts: tuple[SheetPart, ...]
    kinds: tuple[PartKind, ...]
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifyStrokesInput:
    """What each stroke of a drawing is. dpi: of the picture; None: not known."""

    picture: Picture
    dpi: float | None = None


Controls = Annotated[NDArray[np.float32], ("strokes", 4, 2)]
Labels = Annotated[NDArray[np.uint8], ("strokes",)]
Shares = Annotated[NDArray[np.float32], ("strokes", "classes")]
Links = Annotated[NDArray[np.int32], ("links", 2)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifyStrokesOutput:
    """controls: f32 [N, 4, 2], each stroke's cubic Bézier curve, in pixels. labels: uint8 [N], places in `classes`.

    shares: f32 [N, C], the net's own, each row sums to 1. links: i32 [E, 2], pairs of strokes that touch.
    """

    controls: Controls
    labels: Labels
    shares: Shares
    links: Links
    classes: tuple[str, ...]
    width: int
    height: int


Surface = Literal["plane", "cylinder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToleranceInput:
    """What form and position a process holds on one surface.

    surface: a plane of length x width, or a cylinder of diameter x length; all in millimetres. sigma_mm: standard
    deviation of the surface's deviation along its normal; correlation_mm: of the squared exponential
    exp(-(d/correlation)^2). samples: of the simulation; a surrogate does not heed it. shrinkage: 1 is none.
    """

    surface: Surface
    length_mm: float
    width_mm: float | None = None
    diameter_mm: float | None = None
    sigma_mm: float = 0.02
    correlation_mm: float = 10.0
    shrinkage: float = 1.0
    samples: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantiles:
    """Of a tolerance zone's width over parts, in millimetres."""

    p50: float
    p90: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ToleranceOutput:
    """zones: by characteristic (`flatness`, `cylindricity`, `perpendicularity`, `position`), where the surface has it.

    how: by simulating surfaces, or by a surrogate trained on such simulations. error: the surrogate's own median
    relative error on held-out simulations; None for a simulation. assumptions: sentences.
    """

    zones: Mapping[str, Quantiles]
    how: Literal["simulation", "surrogate"]
    samples: int | None = None
    error: float | None = None
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeInput:
    """What a model that sees and speaks says of pictures.

    schema: a JSON Schema as text that the answer has to fit; empty: plain words. facts: what was read from the pictures
    already, by name; rungs without eyes answer from them alone.
    """

    pictures: tuple[Picture, ...]
    prompt: str
    schema: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    max_tokens: int = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeOutput:
    """text: JSON that fits the schema where one was given. Tokens as the model counts; 0 where it has none."""

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0


def check_find_text(input: FindTextInput) -> None:
    """InvalidInput unless patches have a size and overlap less than wholly."""
    if input.patch is not None and input.patch < 0:
        raise InvalidInput(f"patch is {input.patch}; it is 0 for the whole picture, or a side in pixels", field="patch")
    if not 0 <= input.overlap <= MOST_OVERLAP:
        raise InvalidInput(f"overlap is {input.overlap:g}; it is 0 to {MOST_OVERLAP:g}", field="overlap")


MOST_OVERLAP = 0.9


def check_read(input: ReadInput) -> None:
    """InvalidInput unless every box has four corners that are finite."""
    for number, box in enumerate(input.boxes):
        if len(box.polygon) != CORNERS or not all(math.isfinite(v) for corner in box.polygon for v in corner):
            raise InvalidInput(f"box {number} is no polygon of four corners (x, y)", field="boxes")


def check_dpi(input: LayoutInput | ClassifyStrokesInput) -> None:
    """InvalidInput unless the resolution is unknown or a number over 0."""
    if input.dpi is not None and not 0 < input.dpi < math.inf:
        raise InvalidInput(f"dpi is {input.dpi:g}; it is dots per inch, over 0", field="dpi")


MOST_SAMPLES = 20_000


def check_tolerance(input: ToleranceInput) -> None:
    """InvalidInput unless the surface has its sides and every length is one."""
    second = "width_mm" if input.surface == "plane" else "diameter_mm"
    for name in ("length_mm", second, "sigma_mm", "correlation_mm", "shrinkage"):
        value = getattr(input, name)
        if value is None or not 0 < value < math.inf:
            raise InvalidInput(f"{name} is {value}; for a {input.surface} it is a number over 0", field=name)
    if not 1 <= input.samples <= MOST_SAMPLES:
        raise InvalidInput(f"samples is {input.samples}; it is 1 to {MOST_SAMPLES}", field="samples")


def check_describe(input: DescribeInput) -> None:
    """InvalidInput unless something is asked."""
    if not input.prompt.strip():
        raise InvalidInput("prompt says what is wanted, and is empty", field="prompt")
    if input.max_tokens < 1:
        raise InvalidInput(f"max_tokens is {input.max_tokens}; it is 1 or more", field="max_tokens")
