"""The ladder of `predict-tolerance`, best first: trees trained on simulations, and the simulation itself."""

from __future__ import annotations

from rung.runtime.spec import Footprint, MiB, Placeable, Quality, Variant

_CONTRACT = (
    "trained/tolerance/plane.json and cylinder.json, XGBoost's JSON: f32 [N,2] (logarithms of the sides over the"
    " correlation length) -> f32 [N,12], log(zone / sigma) of three characteristics at four quantiles"
)
_MEDIAN_ERROR = Quality(
    value=0.986,
    metric="1 less the median relative error of a zone's quantile against simulations that it never saw",
    source="scripts/train_tolerance.py, 135 surfaces (models/trained/tolerance/record.json)",
)

SKIN_SURROGATE = Variant(
    name="skin-surrogate",
    task="predict-tolerance",
    title="Trees trained on skin-model simulations (XGBoost's JSON, walked by numpy)",
    loader="rung.models.skin_surrogate:SkinSurrogate",
    runtime="numpy",
    kind="real",
    places=(
        Placeable(
            device="cpu",
            precision="fp32",
            footprint=Footprint(resident=40 * MiB, working=10 * MiB),
            latency_s=0.002,
        ),
    ),
    light=True,
    quality=_MEDIAN_ERROR,
    contract=f"{_CONTRACT}; outside its training range it refuses, and the next rung answers",
    verified="ran",
)

SKIN_SURROGATE_CUDA = Variant(
    name="skin-surrogate-cuda",
    task="predict-tolerance",
    title="The same trees on a GPU (XGBoost itself)",
    loader="rung.models.skin_surrogate_cuda:SkinSurrogateCuda",
    runtime="xgboost",
    kind="real",
    places=(
        Placeable(
            device="cuda",
            precision="fp32",
            # CUDA's own context; the trees are a few MB. Not measured: no GPU has run it.
            footprint=Footprint(resident=500 * MiB, working=50 * MiB),
        ),
    ),
    quality=_MEDIAN_ERROR,
    contract=_CONTRACT,
    # XGBoost on one core of a 2.5 GHz Xeon: one row 0.4 ms, 1000 rows 4 ms, 20,000 rows 53 ms.
    not_worth=(
        "a call asks for one surface, and a CPU answers a thousand at once in 4 ms; from which batch on a GPU is"
        " quicker nobody has measured here (expected: a few thousand rows), and this task has no such batches"
    ),
    verified="never",
)

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
    quality=Quality(value=1.0, metric="by definition: the surrogate is judged by it", source="its own assumptions"),
    contract="no weights; a Gaussian random field on a plane or a cylinder -> quantiles of zone widths in millimetres",
    verified="ran",
)

# The surrogate stands above what it imitates because it is a thousand times quicker and leaves what it was not trained
# on to the simulation. With `quality_floor` or `variant` = skin-monte-carlo nobody is asked but the simulation.
LADDER: tuple[Variant, ...] = (SKIN_SURROGATE, SKIN_SURROGATE_CUDA, SKIN_MONTE_CARLO)
