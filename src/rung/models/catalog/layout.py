"""The ladder of `layout`, best first."""

from __future__ import annotations

from rung.runtime.spec import Footprint, MiB, Placeable, Quality, Variant

SHEET_GEOMETRY = Variant(
    name="sheet-geometry",
    task="layout",
    title="What a sheet's ruled lines make of it (no model)",
    loader="rung.models.sheet_layout:find",
    runtime="pictures",
    kind="substitute",
    places=(
        Placeable(
            device="cpu",
            precision="none",
            footprint=Footprint(resident=25 * MiB, working=60 * MiB, working_per_pixel=24),
            latency_s=0.6,
        ),
    ),
    quality=Quality(value=None, source="bench/drawings.py measures it on generated sheets"),
    contract=(
        "no weights; the picture decoded, dots per inch or an A3 sheet's -> border, tables and frames with their cells,"
        " title block, views; set level first where it lies askew by up to 3 degrees; one thread"
    ),
    verified="ran",
)

LADDER: tuple[Variant, ...] = (SHEET_GEOMETRY,)
