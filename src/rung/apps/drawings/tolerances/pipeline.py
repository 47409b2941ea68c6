"""The operation `tolerance`: which zones a part's surfaces need, and whether the process holds the wanted sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rung.apps.drawings.pipeline import analyze
from rung.apps.drawings.schema import AnalyzeRequest
from rung.apps.drawings.tolerances.capability import form_sigma, sag
from rung.apps.drawings.tolerances.drawn import Drawn, drawn_of
from rung.apps.drawings.tolerances.judging import Judged, assemblability, judge, manufacturability
from rung.apps.drawings.tolerances.processes import Material, material_named, process_named
from rung.apps.drawings.tolerances.schema import (
    Characteristic,
    FrameIn,
    FrameOut,
    MaterialIn,
    NotJudged,
    Share,
    SheetIn,
    SurfaceIn,
    SurfaceOut,
    ToleranceReply,
    ToleranceRequest,
    Zone,
)
from rung.runtime.errors import InvalidInput, RungError
from rung.runtime.job import Job
from rung.runtime.tasks import ToleranceInput, ToleranceOutput

_BY_LENGTH = 2
MOST_NAMED = 5
"""Of what was left out, in an error; an answer lists all of it."""
ASSUMED = (
    "The figures of processes and materials are typical ones of handbooks (processes.toml), not measured in your shop:"
    " measured_sd, measured_mean and sigma take their place.",
    "A size is normally distributed about a mean that is off the middle of its limits by the process's drift.",
    "Stress left in the part moves a length by (1 - Poisson) x stress / Young; a flat or round solid part sags between"
    " supports at its ends.",
)


@dataclass(frozen=True, slots=True)
class Face:
    """A surface to be looked at, and the dimensions that it is taken from."""

    given: SurfaceIn
    taken_from: tuple[str, ...]


async def tolerance(job: Job, request: ToleranceRequest) -> ToleranceReply:
    """Every surface by the ladder of `predict-tolerance`, every dimension by process capability."""
    drawn = drawn_of(await _sheets(job, request))
    request = _with(request, drawn)
    material, process = _material(request), process_named(request.manufacturing_process)
    faces, no_face = _faces(request)
    judged = judge(request.dimensions, process, material)
    if not faces and not judged.capabilities:
        raise InvalidInput(_nothing([*judged.refused, *no_face, *drawn.left_out]), field="dimensions")
    sigmas = [request.sigma or form_sigma(_longest(face.given), process, material) for face in faces]
    found = await _predicted(job, request, faces, sigmas)
    undrawn = [_undrawn(face, one) for face, one in zip(faces, found, strict=True) if isinstance(one, InvalidInput)]
    if undrawn and len(undrawn) == len(faces) and not judged.capabilities:
        raise InvalidInput(undrawn[0].reason, field="surfaces")
    surfaces = [
        _surface(face, sigma, output, request, material)
        for face, sigma, output in zip(faces, sigmas, found, strict=True)
        if isinstance(output, ToleranceOutput)
    ]
    _refuse_unused(request, surfaces, judged)
    predicted = _widest(surfaces)
    frames, unframed = _frames(request.frames, surfaces)
    return ToleranceReply(
        predicted_tolerances=predicted,
        surfaces=surfaces,
        capability=list(judged.capabilities.values()),
        frames=frames,
        not_judged=[*judged.refused, *unframed, *undrawn, *no_face, *drawn.left_out],
        manufacturability=manufacturability(judged),
        assemblability=assemblability(request.pairs, judged),
        material=material.name,
        material_source="read" if request.material is drawn.material else "given",
        assumptions=_assumptions([one for one in found if isinstance(one, ToleranceOutput)], surfaces, judged),
    )


async def _sheets(job: Job, request: ToleranceRequest) -> list[SheetIn]:
    """The pages that were given, or those of the file once they are read."""
    if request.file is None:
        return request.sheets
    wanted = AnalyzeRequest(file=request.file, pages=request.pages, dpi=request.dpi, exports=[])
    read = await analyze(job, wanted)
    return [SheetIn.model_validate(page.model_dump()) for page in read.pages]


def _with(request: ToleranceRequest, drawn: Drawn) -> ToleranceRequest:
    """What was given, and what the drawing says beside it. Raises InvalidInput where neither names a material."""
    material = request.material if request.material is not None else drawn.material
    if material is None:
        read = " and the title block says none" if request.file or request.sheets else ""
        raise InvalidInput(f"material is not given{read}: a name such as S45C, or its properties", field="material")
    more = {
        "dimensions": [*request.dimensions, *drawn.dimensions],
        "frames": [*request.frames, *drawn.frames],
        "material": material,
    }
    return request.model_copy(update=more)


async def _predicted(
    job: Job, request: ToleranceRequest, faces: Sequence[Face], sigmas: Sequence[float]
) -> list[ToleranceOutput | InvalidInput]:
    """One call a surface; one that cannot be drawn (too large for its correlation) leaves the others alone, any other
    failure fails them all."""
    asked = [_input(face.given, sigma, request) for face, sigma in zip(faces, sigmas, strict=True)]
    outputs: list[ToleranceOutput | InvalidInput] = []
    for answer in await job.fan_out("predict-tolerance", asked):
        if isinstance(answer, RungError) and not isinstance(answer, InvalidInput):
            raise answer
        outputs.append(answer)
    return outputs


def _undrawn(face: Face, why: InvalidInput) -> NotJudged:
    given = face.given
    size = f"{given.length:g} x {given.width:g}" if given.width else f"diameter {given.diameter:g} x {given.length:g}"
    return NotJudged(id=f"{given.surface} {size} mm", reason=why.message)


def _input(face: SurfaceIn, sigma: float, request: ToleranceRequest) -> ToleranceInput:
    return ToleranceInput(
        surface=face.surface,
        length_mm=face.length,
        width_mm=face.width,
        diameter_mm=face.diameter,
        sigma_mm=sigma,
        correlation_mm=request.correlation_length,
        shrinkage=request.shrinkage,
        samples=request.samples,
    )


def _material(request: ToleranceRequest) -> Material:
    given = request.material
    assert given is not None
    if isinstance(given, str):
        return material_named(given)
    return Material(
        name=given.name or "as given",
        youngs_gpa=given.youngs_modulus_gpa,
        poisson=given.poisson_ratio,
        density=given.density_kg_m3,
        expansion=given.expansion_um_m_k,
    )


def _faces(request: ToleranceRequest) -> tuple[list[Face], list[NotJudged]]:
    """Those given, else those that the dimensions make; a side that no dimension gives is not made up."""
    if request.surfaces:
        return [Face(face, ("given",)) for face in request.surfaces], []
    named = [(one.id or str(place), one) for place, one in enumerate(request.dimensions, 1)]
    lengths = sorted((pair for pair in named if pair[1].type == "length"), key=lambda pair: -pair[1].nominal)
    round_ones = {one.nominal: (name, one) for name, one in reversed(named) if one.type == "diameter"}
    faces, missing = [], []
    if len(lengths) >= _BY_LENGTH:
        (first, length), (second, width) = lengths[:2]
        plane = SurfaceIn(surface="plane", length=length.nominal, width=width.nominal)
        faces.append(Face(plane, (first, second)))
    for name, one in round_ones.values():
        if not lengths:
            missing.append(NotJudged(id=name, reason="no length is known that its cylinder could have"))
            continue
        cylinder = SurfaceIn(surface="cylinder", length=lengths[0][1].nominal, diameter=one.nominal)
        faces.append(Face(cylinder, (name, lengths[0][0])))
    return faces, missing


def _nothing(left_out: Sequence[NotJudged]) -> str:
    why = "; ".join(f"{one.id}: {one.reason}" for one in left_out[:MOST_NAMED])
    return "nothing can be said: there is neither a surface nor a dimension with limits" + (f" ({why})" if why else "")


def _longest(face: SurfaceIn) -> float:
    return max(face.length, face.width or 0.0, face.diameter or 0.0)


def _surface(
    face: Face, sigma: float, output: ToleranceOutput, request: ToleranceRequest, material: Material
) -> SurfaceOut:
    given = face.given
    height = given.diameter if given.surface == "cylinder" else request.thickness
    bends = None if height is None else sag(_longest(given), height, given.surface == "cylinder", material)
    return SurfaceOut(
        surface=given.surface,
        length=given.length,
        width=given.width,
        diameter=given.diameter,
        taken_from=list(face.taken_from),
        sigma=sigma,
        zones={name: Zone(p50=z.p50, p90=z.p90, p95=z.p95, p99=z.p99) for name, z in output.zones.items()},  # type: ignore[misc]
        how=output.how,
        samples=output.samples,
        error=output.error,
        sag=bends,
    )


def _refuse_unused(request: ToleranceRequest, surfaces: Sequence[SurfaceOut], judged: Judged) -> None:
    """A property that was given and on which nothing depends is an error, never silently left aside."""
    given = request.material
    if not isinstance(given, MaterialIn):
        return
    reckoned = judged.capabilities.values()
    elastic = bool(surfaces and request.sigma is None) or any(one.sd_spring is not None for one in reckoned)
    unused = [
        (given.density_kg_m3 is not None and not any(one.sag is not None for one in surfaces), "density_kg_m3",
         "it counts for the sag of a cylinder or of a flat part of known thickness"),
        (given.expansion_um_m_k is not None and not any(one.sd_warmth is not None for one in reckoned),
         "expansion_um_m_k", "it counts for dimensions with limits and without measured_sd"),
        (not elastic, "poisson_ratio", "with sigma and measured figures nothing springs back"),
    ]  # fmt: skip
    for not_used, name, why in unused:
        if not_used:
            raise InvalidInput(f"material.{name} was given, and nothing here depends on it: {why}", field="material")


def _widest(surfaces: Sequence[SurfaceOut]) -> dict[Characteristic, float]:
    found: dict[Characteristic, float] = {}
    for one in surfaces:
        for name, zone in one.zones.items():
            found[name] = max(found.get(name, 0.0), zone.p95 + (one.sag or 0.0))
    return found


def _frames(wanted: Sequence[FrameIn], surfaces: Sequence[SurfaceOut]) -> tuple[list[FrameOut], list[NotJudged]]:
    """Each against the widest zone of its kind: which surface a frame points at is not known here."""
    found, refused = [], []
    for frame in wanted:
        zones = [
            (one.zones[frame.characteristic], one.sag or 0.0) for one in surfaces if frame.characteristic in one.zones
        ]
        if not zones:
            name = f"{frame.characteristic} {frame.tolerance:g}"
            refused.append(NotJudged(id=name, reason="no surface is known that has such a zone"))
            continue
        zone, bends = max(zones, key=lambda one: one[0].p95 + one[1])
        found.append(
            FrameOut(
                characteristic=frame.characteristic,
                tolerance=frame.tolerance,
                needed_p95=zone.p95 + bends,
                holds=_held(frame.tolerance - bends, zone),
            )
        )
    return found, refused


def _held(room: float, zone: Zone) -> Share:
    bounds: tuple[tuple[float, Share], ...] = (
        (zone.p50, "under 50 %"),
        (zone.p90, "50 to 90 %"),
        (zone.p95, "90 to 95 %"),
        (zone.p99, "95 to 99 %"),
    )
    return next((words for width, words in bounds if room < width), "over 99 %")


def _assumptions(outputs: Sequence[ToleranceOutput], surfaces: Sequence[SurfaceOut], judged: Judged) -> list[str]:
    said = dict.fromkeys(sentence for output in outputs for sentence in output.assumptions)
    found = [*said, *ASSUMED]
    if any(one.sag is None for one in surfaces):
        found.append("No sag is reckoned where the thickness or the material's density is not known.")
    if any(one.sd_source == "process" and one.sd_warmth is None for one in judged.capabilities.values()):
        found.append("No warmth is reckoned: the material's expansion was not given.")
    return found
