"""The overhead benchmark's models as data."""

from echo_work import BATCH

from rung.runtime.spec import Footprint, MiB, Placeable, Quality, Variant


def _variant(name: str, loader: str, batch: int) -> Variant:
    return Variant(
        name=name,
        task="inpaint",
        title="For benchmarks",
        loader=f"echo_model:{loader}",
        runtime="pictures",
        kind="substitute",
        places=(Placeable(device="cpu", precision="none", footprint=Footprint(resident=40 * MiB)),),
        quality=Quality(value=None, metric="unmeasured"),
        max_batch=batch,
        verified="ran",
    )


VARIANTS = (_variant("bench-echo", "Echo", 1), _variant("bench-wait", "Wait", BATCH))
