"""How far an answer is off, by name: pure functions of an answer and what it is held against. 0 is best."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rung.lab import dimensions, sizes
from rung.runtime.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Answer:
    """An operation's output, and the bytes of its files by their place in it (`mask`, `images.0.objects.2.points`)."""

    output: Mapping[str, Any]
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """against: the case's truth, or what the baseline's setting answered in the same case.

    measure: (answer, truth as the case has it, or the baseline's Answer) -> error; None where there is nothing to
    compare in this case. Raises InvalidInput where the truth lacks what it needs.
    """

    name: str
    says: str
    against: Literal["truth", "baseline"]
    measure: Callable[[Answer, Any], float | None]


def metric_of(name: str) -> Metric:
    """Raises InvalidInput that lists them."""
    if name not in METRICS:
        listed = "; ".join(f"{one.name}: {one.says}" for one in METRICS.values())
        raise InvalidInput(f"there is no metric {name!r}. There are: {listed}")
    return METRICS[name]


# --- masks and pictures ----------------------------------------------------------------------------------


def mask_error(answer: Answer, truth: Mapping[str, Any]) -> float:
    """1 - overlap (intersection over union) of the answer's `mask` with the truth's."""
    return 1.0 - overlap(_mask(_file(answer, "mask")), _mask(_known(truth, "mask")))


def mask_change(answer: Answer, baseline: Answer) -> float:
    """1 - overlap with the baseline's mask."""
    return 1.0 - overlap(_mask(_file(answer, "mask")), _mask(_file(baseline, "mask")))


def picture_change(answer: Answer, baseline: Answer) -> float:
    """Root of the mean squared difference of the first picture's values to the baseline's, 0..1; 1: another size."""
    one, other = (_pixels(_first_picture(each)) for each in (answer, baseline))
    if one.shape != other.shape:
        return 1.0
    return float(np.sqrt(((one - other) ** 2).mean()) / 255.0)


def number_change(answer: Answer, baseline: Answer) -> float | None:
    """Median relative difference of the numbers that both answers hold at the same place; None: there are none."""
    known = dict(_numbers(baseline.output))
    pairs = [(value, known[place]) for place, value in _numbers(answer.output) if place in known]
    off = [abs(a - b) / max(abs(a), abs(b)) if a != b else 0.0 for a, b in pairs]
    return float(np.median(off)) if off else None


def overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Intersection over union; 1 where both are empty. Masks of other sizes do not overlap."""
    if one.shape != other.shape:
        return 0.0
    union = np.logical_or(one, other).sum()
    return float(np.logical_and(one, other).sum() / union) if union else 1.0


def _mask(data: bytes) -> NDArray[np.bool_]:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("L")) > 127


def _pixels(data: bytes) -> NDArray[np.float64]:
    """[H, W, 4]: colours as far as they are opaque, and the alpha."""
    with Image.open(io.BytesIO(data)) as image:
        values = np.asarray(image.convert("RGBA"), np.float64)
    return np.concatenate([values[..., :3] * values[..., 3:] / 255.0, values[..., 3:]], axis=-1)


def _file(answer: Answer, place: str) -> bytes:
    if place not in answer.files:
        raise InvalidInput(f"the answer has no file {place!r}; it has {', '.join(answer.files) or 'none'}")
    return answer.files[place]


def _first_picture(answer: Answer) -> bytes:
    for place, data in answer.files.items():
        if data[:4] in (b"\x89PNG", b"RIFF") or data[:2] == b"\xff\xd8":
            return answer.files[place]
    raise InvalidInput("the answer has no picture to compare")


def _known(truth: Any, key: str) -> Any:
    if not isinstance(truth, Mapping) or key not in truth:
        raise InvalidInput(f"the case's truth has no {key!r}, which this metric is held against")
    return truth[key]


def _numbers(value: Any, place: str = "") -> Iterator[tuple[str, float]]:
    match value:
        case bool() | str() | None:
            return
        case int() | float():
            yield place, float(value)
        case Mapping() if {"file", "url", "media_type"} <= value.keys():
            return
        case Mapping():
            for key, inner in value.items():
                yield from _numbers(inner, f"{place}.{key}")
        case list() | tuple():
            for at, inner in enumerate(value):
                yield from _numbers(inner, f"{place}.{at}")


# --- sizes of furniture ----------------------------------------------------------------------------------


def _pairs(answer: Answer, other: Any) -> list[sizes.Pair]:
    known = other.output if isinstance(other, Answer) else other
    return sizes.paired(sizes.pieces(answer.output), sizes.pieces(known))


def volume_error(answer: Answer, other: Any) -> float | None:
    """Median over the pieces found of |box volume - right| / right."""
    return sizes.median([sizes.volume_error(pair) for pair in _pairs(answer, other)])


def dimension_error(answer: Answer, other: Any) -> float | None:
    """Median over the pieces found of the mean relative error of height, longer and shorter side."""
    return sizes.median([sizes.dimension_error(pair) for pair in _pairs(answer, other)])


def interval_score(answer: Answer, truth: Any) -> float | None:
    """Mean over the pieces found of the 90 % interval score of the box volume, as a share of the right volume."""
    return sizes.mean([sizes.volume_interval_score(pair) for pair in _pairs(answer, truth)])


def missed(answer: Answer, truth: Any) -> float:
    """Share of the truth's pieces that the answer does not have."""
    known = sizes.pieces(truth)
    return 1.0 - len(sizes.paired(sizes.pieces(answer.output), known)) / max(len(known), 1)


# --- dimensions of drawings ------------------------------------------------------------------------------


def dimensions_missed(answer: Answer, truth: Any) -> float | None:
    """Share of the drawing's known dimensions that were not read right in their place."""
    return dimensions.missed(answer.output, truth)


def dimensions_wrong(answer: Answer, truth: Any) -> float | None:
    """Share of the dimensions read, of those of which anything is known, that are not right in their place."""
    return dimensions.wrong(answer.output, truth)


METRICS = {
    metric.name: metric
    for metric in (
        Metric(name="mask_error", says="1 - overlap with the true mask", against="truth", measure=mask_error),
        Metric(
            name="mask_change", says="1 - overlap with the baseline's mask", against="baseline", measure=mask_change
        ),
        Metric(
            name="picture_change",
            says="difference of the first picture to the baseline's, 0..1",
            against="baseline",
            measure=picture_change,
        ),
        Metric(
            name="number_change",
            says="median relative difference of the answer's numbers to the baseline's",
            against="baseline",
            measure=number_change,
        ),
        Metric(name="volume_error", says="relative error of box volumes", against="truth", measure=volume_error),
        Metric(name="dimension_error", says="relative error of sides", against="truth", measure=dimension_error),
        Metric(
            name="interval_score",
            says="90 % interval score of box volumes, as a share of the volume",
            against="truth",
            measure=interval_score,
        ),
        Metric(name="missed", says="share of pieces that are not found", against="truth", measure=missed),
        Metric(
            name="dimensions_missed",
            says="share of a drawing's dimensions that are not read right in their place",
            against="truth",
            measure=dimensions_missed,
        ),
        Metric(
            name="dimensions_wrong",
            says="share of the dimensions read of a drawing that are not right in their place",
            against="truth",
            measure=dimensions_wrong,
        ),
        Metric(
            name="volume_change",
            says="relative difference of box volumes to the baseline's",
            against="baseline",
            measure=volume_error,
        ),
        Metric(
            name="dimension_change",
            says="relative difference of sides to the baseline's",
            against="baseline",
            measure=dimension_error,
        ),
    )
}
"""By name."""
