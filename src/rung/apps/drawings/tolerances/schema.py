"""Typed input and answer of the operation `tolerance`. Lengths in millimetres."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rung.apps.drawings.schema import LEAST_DPI, MOST_DPI
from rung.apps.drawings.tolerances.processes import ProcessName
from rung.runtime.app import FileIn
from rung.runtime.tasks import MOST_SAMPLES

MOST_DIMENSIONS = 500
Positive = Annotated[float, Field(ge=1e-6, le=1e5, allow_inf_nan=False)]
Deviation = Annotated[float, Field(ge=-1e4, le=1e4, allow_inf_nan=False)]
Characteristic = Literal["flatness", "cylindricity", "perpendicularity", "position"]

Share = Literal["under 50 %", "50 to 90 %", "90 to 95 %", "95 to 99 %", "over 99 %"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MaterialIn(_Part):
    """A material by its properties. What is left out is not reckoned with, and the answer says so."""

    name: str = ""
    youngs_modulus_gpa: Positive
    poisson_ratio: Annotated[float, Field(ge=0, le=0.5)]
    density_kg_m3: Annotated[float, Field(gt=0, le=30_000)] | None = None
    expansion_um_m_k: Annotated[float, Field(ge=0, le=500)] | None = None


class DimensionIn(_Part):
    """A size with its limits, as deviations from the nominal or as a fit class of ISO 286; without either it has none.

    measured_mean, measured_sd: of parts that were made, instead of the process's own figures.
    """

    id: str = Field(default="", max_length=100)
    type: Literal["length", "diameter", "radius"] = "length"
    nominal: Positive
    upper: Deviation | None = None
    lower: Deviation | None = None
    fit: str | None = Field(default=None, max_length=16, description="such as H7; instead of upper and lower")
    measured_mean: Positive | None = None
    measured_sd: Positive | None = None

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.upper is None) != (self.lower is None):
            raise ValueError("upper and lower have to be given together")
        if self.fit and self.upper is not None:
            raise ValueError("give upper and lower or a fit, not both")
        if self.upper is not None and self.lower is not None and self.upper <= self.lower:
            raise ValueError(f"upper {self.upper:g} has to be more than lower {self.lower:g}")
        if self.lower is not None and self.nominal + self.lower <= 0:
            raise ValueError(f"lower {self.lower:g} leaves nothing of nominal {self.nominal:g}; give it as a deviation")
        return self


class SurfaceIn(_Part):
    """A surface of the part: a plane of length x width, or a cylinder of diameter x length."""

    surface: Literal["plane", "cylinder"]
    length: Positive
    width: Positive | None = None
    diameter: Positive | None = None

    @model_validator(mode="after")
    def _has_its_sides(self) -> Self:
        wanted, other = (("width", "diameter"), ("diameter", "width"))[self.surface == "cylinder"]
        if getattr(self, wanted) is None or getattr(self, other) is not None:
            raise ValueError(f"a {self.surface} has length and {wanted}, and no {other}")
        return self


class FrameIn(_Part):
    """A tolerance of form or place that the drawing asks for."""

    characteristic: Characteristic
    tolerance: Positive


class PairIn(_Part):
    """A hole and a shaft that go together, by the ids of their dimensions."""

    hole: str
    shaft: str


class _Answered(BaseModel):
    """As `analyze` answered it; fields that are of no use here are passed over."""

    model_config = ConfigDict(extra="ignore")


class ReadDimension(_Answered):
    """A dimension of a page, with its review."""

    id: str = Field(max_length=100)
    text: str = ""
    type: str
    nominal: float | None = None
    upper: float | None = None
    lower: float | None = None
    unit: str = "mm"
    form: str = "plain"
    status: str = "pending"


class ReadFrame(_Answered):
    """A feature control frame of a page."""

    id: str = Field(max_length=100)
    text: str = ""
    characteristic: str | None = None
    tolerance: float | None = None


class ReadField(_Answered):
    """A field of a title block. value: normalised; null where it is the text."""

    text: str
    value: str | None = None


class SheetIn(_Answered):
    """One page as `analyze` answered it, with its reviews, so that it need not be read again."""

    page: int = 1
    dimensions: list[ReadDimension] = Field(default=[], max_length=20_000)
    frames: list[ReadFrame] = Field(default=[], max_length=5000)
    title_block: dict[str, ReadField] = {}


class ToleranceRequest(_Part):
    """Sizes, material and process: what the process holds, and how well that fits what the drawing wants.

    What a drawing gives joins what is given here; rejected and reference dimensions are left out, and told.
    Without `surfaces` they are taken from the dimensions: a cylinder for each diameter with the longest length, a plane
    of the two longest lengths.
    """

    file: FileIn | None = Field(default=None, description="PDF, DXF, PNG, JPEG, WebP or TIFF; is analyzed first")
    pages: str = Field(default="", max_length=200, description="of the file, such as 1-3,5; empty: all of them")
    dpi: Annotated[int, Field(ge=LEAST_DPI, le=MOST_DPI)] | None = None
    sheets: list[SheetIn] = Field(default=[], max_length=20, description="pages as analyze answered them")
    dimensions: list[DimensionIn] = Field(default=[], max_length=MOST_DIMENSIONS)
    surfaces: list[SurfaceIn] = Field(default=[], max_length=50)
    frames: list[FrameIn] = Field(default=[], max_length=200)
    pairs: list[PairIn] = Field(default=[], max_length=100)
    material: Annotated[str, Field(max_length=200)] | MaterialIn | None = Field(
        default=None, description="a name (steel, S45C, SUS304 ...) or its properties; null: the title block's"
    )
    manufacturing_process: ProcessName
    correlation_length: Positive = Field(default=10.0, description="over which a surface's deviation hangs together")
    sigma: Positive | None = Field(
        default=None, description="standard deviation of a surface's deviation; null: by process and material"
    )
    shrinkage: Annotated[float, Field(ge=0.01, le=2)] = 1.0
    thickness: Positive | None = Field(default=None, description="of a flat part, for its sag under its own weight")
    samples: Annotated[int, Field(ge=50, le=MOST_SAMPLES)] = Field(default=500, description="of a simulation")


class Zone(BaseModel):
    """The width of a tolerance zone that so many of the parts need."""

    p50: float
    p90: float
    p95: float
    p99: float


class SurfaceOut(BaseModel):
    """A surface with the zones that it needs. taken_from: ids of dimensions, or `given`.

    how: simulated, or answered by a surrogate that was trained on simulations; error: its median relative error.
    sag: of the part under its own weight, in millimetres; null where it is not known. It is not part of the zones.
    """

    surface: Literal["plane", "cylinder"]
    length: float
    width: float | None
    diameter: float | None
    taken_from: list[str]
    sigma: float
    zones: dict[Characteristic, Zone]
    how: Literal["simulation", "surrogate"]
    samples: int | None
    error: float | None
    sag: float | None


class CapabilityOut(BaseModel):
    """How well the process holds a dimension. sd_source: measured, or the process's own figures.

    sd_process, sd_warmth, sd_spring: the shares that sd is the root of the sum of squares of; null where not reckoned.
    """

    id: str
    nominal: float
    upper: float
    lower: float
    limits: Literal["given", "fit"]
    sd: float
    sd_source: Literal["measured", "process"]
    sd_process: float | None
    sd_warmth: float | None
    sd_spring: float | None
    off_centre: float
    cp: float
    cpk: float
    share_outside: float
    difficulty: Literal["easy", "medium", "hard"]


class NotJudged(BaseModel):
    """A dimension or a frame of which nothing could be said, and why."""

    id: str
    reason: str


class FrameOut(BaseModel):
    """A wanted zone against the one that the process needs. holds: which share of parts keeps to it, as far as the
    quantiles say."""

    characteristic: Characteristic
    tolerance: float
    needed_p95: float
    holds: Share


class Manufacturability(BaseModel):
    """score: the share of parts with every judged dimension inside its limits, as though they were independent; null
    where none was judged. difficulty: of the hardest dimension: Cpk from 1.33 easy, from 1 medium."""

    score: float | None
    difficulty: Literal["easy", "medium", "hard"] | None
    recommendations: list[str]


class PairOut(BaseModel):
    """The clearance of a pair, in millimetres. interference_risk: the share of pairs that do not go together."""

    hole: str
    shaft: str
    clearance: float
    sd: float
    interference_risk: float


class Assemblability(BaseModel):
    """score: the share of assemblies in which every pair goes together, as though they were independent."""

    score: float
    pairs: list[PairOut]


class ToleranceReply(BaseModel):
    """What the process holds.

    predicted_tolerances: by characteristic the widest zone of all surfaces that 95 % of the parts keep to, with the sag
    where it is known. assumptions: what all of this rests on.
    """

    predicted_tolerances: dict[Characteristic, float]
    surfaces: list[SurfaceOut]
    capability: list[CapabilityOut]
    frames: list[FrameOut]
    not_judged: list[NotJudged]
    manufacturability: Manufacturability
    assemblability: Assemblability | None
    material: str
    material_source: Literal["given", "read"]
    assumptions: list[str]
