"""The ladder of `fill`, best first. No model yet: a mock, which only configuration can switch on."""

from __future__ import annotations

from rung.runtime.spec import Footprint, MiB, Placeable, Variant

MOCK_FILL = Variant(
    name="mock-fill",
    task="fill",
    title="Mock: a hatched patch that says MOCK",
    loader="rung.models.mock_fill:mock_fill",
    runtime="pictures",
    kind="mock",
    places=(
        Placeable(
            device="cpu",
            precision="none",
            # `rung profile`: 33 MiB between calls, a peak of 362 MiB at 25 megapixels.
            footprint=Footprint(resident=35 * MiB, working=55 * MiB, working_per_pixel=12),
            latency_s=0.01,
        ),
    ),
    contract="no weights; stripes in the hole with MOCK and the prompt written on them",
    verified="ran",
)

LADDER: tuple[Variant, ...] = (MOCK_FILL,)
