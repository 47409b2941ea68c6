"""What was measured beside the catalogue's figures, as a table and as JSON. Sizes in bytes, times in seconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rung.cli.plan_table import line
from rung.cli.profiling import Measurement
from rung.runtime.planning.words import size
from rung.runtime.profile import figures
from rung.runtime.spec import LARGEST_PIXELS, USUAL_PIXELS, Measured, Placeable, Placement, Rejection

_COLUMNS = ("variant", "device", "precision", "figure", "measured", "catalogue", "ratio")
_RIGHT = ("measured", "catalogue", "ratio")
_FAR = 1.25
"""A ratio beyond this, or below its inverse, is worth a look."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure, measured and of the catalogue; None: nobody knows."""

    name: str
    measured: float | None
    catalogue: float | None
    unit: str

    @property
    def ratio(self) -> float | None:
        """Measured over the catalogue's."""
        return self.measured / self.catalogue if self.measured is not None and self.catalogue else None


def compare(placement: Placement, measured: Measured) -> Iterator[Compared]:
    """Every figure of a rung."""
    place, found, latency = place_of(placement), measured.footprint, measured.latency
    named = place.footprint
    peak, usual = f"peak at {LARGEST_PIXELS / 1e6:g} Mpx", f"latency at {USUAL_PIXELS / 1e6:g} Mpx"
    yield Compared("resident", None if found is None else found.resident, named.resident, "bytes")
    yield Compared("working", None if found is None else found.working, named.working, "bytes")
    per_pixel = None if found is None else found.working_per_pixel
    yield Compared("working per pixel", per_pixel, named.working_per_pixel, "B")
    yield Compared(peak, None if found is None else found.peak(LARGEST_PIXELS), named.peak(LARGEST_PIXELS), "bytes")
    yield Compared(usual, None if latency is None else latency.of(), place.latency_s, "s")
    if latency is not None and latency.per_call is not None:
        yield Compared("each further of a batch", latency.per_call, None, "s")
    yield Compared("load", measured.load_s, None, "s")


def place_of(placement: Placement) -> Placeable:
    """The catalogue's place that was chosen."""
    kind = placement.device.partition(":")[0]
    return next(p for p in placement.variant.places if (p.device, p.precision) == (kind, placement.precision))


def render(measurements: Sequence[Measurement], rejected: Sequence[Rejection]) -> list[RenderableType]:
    """The table, then what was passed over or left out, with the reasons."""
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    for name in _COLUMNS:
        table.add_column(name, justify="right" if name in _RIGHT else "left")
    for one in measurements:
        if one.record is not None:
            _add(table, one, figures(one.record))
    shown: list[RenderableType] = [table] if table.row_count else []
    for one in measurements:
        if one.why:
            what = "not measured" if one.record is None else "left out"
            shown.append(line(f"  - {one.placement.variant.name}, {what}  ", one.why, "yellow"))
    return shown + [line(f"  - {r.variant}, not measured  ", r.reason, "yellow") for r in rejected]


def _add(table: Table, one: Measurement, measured: Measured) -> None:
    place = one.placement
    head = [place.variant.name, place.device, place.precision]
    for figure in compare(place, measured):
        ratio = figure.ratio
        far = ratio is not None and not 1 / _FAR <= ratio <= _FAR
        cells = [*head, figure.name, _value(figure.measured, figure.unit), _value(figure.catalogue, figure.unit)]
        table.add_row(*cells, Text("" if ratio is None else f"{ratio:.2f}", style="bold yellow" if far else ""))
        head = ["", "", ""]


def _value(value: float | None, unit: str) -> str:
    if value is None:
        return "?"
    return size(int(value)) if unit == "bytes" else f"{value:.2g} {unit}"


def profile_json(measurements: Sequence[Measurement], rejected: Sequence[Rejection]) -> dict[str, Any]:
    """The same for programs, with the samples."""
    return {
        "measured": [_measured(one) for one in measurements if one.record is not None],
        "skipped": [
            *({"variant": m.placement.variant.name, "reason": m.why} for m in measurements if m.record is None),
            *({"variant": r.variant, "reason": r.reason} for r in rejected),
        ],
    }


def _measured(one: Measurement) -> dict[str, Any]:
    assert one.record is not None
    found = figures(one.record)
    return {
        "variant": one.placement.variant.name,
        "device": one.placement.device,
        "precision": one.placement.precision,
        "hardware": one.record.subject.hardware,
        "terms": one.record.subject.terms,
        "footprint": found.footprint and asdict(found.footprint),
        "latency": found.latency and asdict(found.latency),
        "load_s": found.load_s,
        "figures": [{**asdict(figure), "ratio": figure.ratio} for figure in compare(one.placement, found)],
        "process_bytes": {"before_load": one.before, "after_calls": one.after},
        "calls": [asdict(call) for call in one.record.calls],
        "batches": [list(batch) for batch in one.record.batches],
        "left_out": one.why,
    }
