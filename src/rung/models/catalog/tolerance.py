"""The ladder of `predict-tolerance`: one rung, the simulation itself."""

from __future__ import annotations

from rung.runtime.spec import Footprint, MiB, Placeable, Quality, Variant

SKIN_MONTE_CARLO = Variant(
    name="skin-monte-carlo",
    task="predict-tolerance",
    title="Skin-model Monte Carlo, measured by minimum zones (no model)",
    loader="rung.models.skin_model:SkinModel",
    runtime="numpy",
    kind="real",
    places=(
        Placeable(
            device="cpu",
            precision="none",
            # `rung profile`: 18 MiB between calls; working by a surface of 100,000 points, the largest there is.
            footprint=Footprint(resident=25 * MiB, working=120 * MiB),
            latency_s=0.3,
        ),
    ),
    quality=Quality(value=1.0, metric="by definition: surrogates are judged by it", source="its own assumptions"),
    contract="no weights; a Gaussian random field on a plane or a cylinder -> quantiles of zone widths in millimetres",
    verified="ran",
)

LADDER: tuple[Variant, ...] = (SKIN_MONTE_CARLO,)
