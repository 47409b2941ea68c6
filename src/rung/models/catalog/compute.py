"""The ladder of `compute`: one rung, the worker in which apps do their CPU work."""

from __future__ import annotations

from rung.runtime.spec import Footprint, MiB, Placeable, Quality, Variant

COMPUTE = Variant(
    name="compute",
    task="compute",
    title="CPU work that is no model (decoding, compositing, encoding)",
    loader="rung.models.compute:Compute",
    runtime="pictures",
    kind="real",
    places=(
        Placeable(
            device="cpu",
            precision="none",
            # Measured: a composite of 40 megapixels with transparency takes 1.86 GiB, which is 47 bytes a pixel. Each
            # of the two that may run at once is given its own.
            footprint=Footprint(resident=60 * MiB, working_per_pixel=47),
        ),
    ),
    quality=Quality(value=None, metric="exact"),
    max_concurrent=2,
    light=True,
    limit_s=120.0,
    contract="a function of an app, named by string, called with plain values, arrays and pictures",
    verified="ran",
)

LADDER = (COMPUTE,)
