"""The toy's model as data."""

from rung.runtime.spec import Footprint, MiB, Placeable, Quality, Variant

VARIANTS = (
    Variant(
        name="toy-digest",
        task="matte",
        title="A digest, for benchmarks",
        loader="toy_model:digest",
        runtime="pictures",
        kind="substitute",
        places=(Placeable(device="cpu", precision="none", footprint=Footprint(resident=40 * MiB)),),
        quality=Quality(value=None, metric="unmeasured"),
        verified="ran",
    ),
)
