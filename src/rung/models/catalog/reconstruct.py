"""The ladder of `reconstruct`, best first: made whole by a model, lifted from a depth map, looked up by its class."""

from __future__ import annotations

from rung.runtime.spec import Footprint, MiB, Placeable, Quality, Variant

CLASS_PRIOR = Variant(
    name="class-prior",
    task="reconstruct",
    title="The usual size of its class (measures nothing)",
    loader="rung.models.class_prior:look_up",
    runtime="pictures",
    kind="substitute",
    places=(
        Placeable(
            device="cpu",
            precision="none",
            # `rung profile`: 18 MiB between calls, a peak of 142 MiB at 25 megapixels: the input itself.
            footprint=Footprint(resident=20 * MiB, working=15 * MiB, working_per_pixel=5),
            latency_s=0.001,
        ),
    ),
    light=True,
    quality=Quality(value=None, source="unmeasured here"),
    contract="no weights; prior_mm of the input -> extents_m",
    verified="ran",
)

LADDER: tuple[Variant, ...] = (CLASS_PRIOR,)
