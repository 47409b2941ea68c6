"""The toy's ladders: each variant is the same model, with another thing that can go wrong."""

from __future__ import annotations

from rung.runtime.spec import Footprint, Licence, MiB, Placeable, Quality, Variant, Weights
from rung_toy.weights import NAME, SHA256, SIZE

_PLACE = Placeable(device="cpu", precision="none", footprint=Footprint(resident=40 * MiB, working=160 * MiB))
_LICENCE = Licence(name="Apache-2.0", commercial=True, verified=True)


def _toy(name: str, task: str, title: str, *, weights: tuple[Weights, ...] = (), limit_s: float = 20.0) -> Variant:
    return Variant(
        name=name,
        task=task,
        title=title,
        loader="rung_toy.model:Toy",
        runtime="pictures",
        kind="real",
        places=(_PLACE,),
        weights=weights,
        quality=Quality(value=None, metric="exact"),
        limit_s=limit_s,
        options={"threads": 1, "flag": "", "journal": ""},
        contract="ComputeInput(function='hash', arguments={text, do, rounds}) -> ComputeOutput(value=hex sha256)",
        verified="ran",
    )


VARIANTS = (
    _toy("toy", "toy", "A hash"),
    _toy(
        "toy-weighed",
        "toy-weighed",
        "A hash that needs its weight file",
        weights=(Weights(name=NAME, size=SIZE, sha256=SHA256, licence=_LICENCE),),
    ),
    _toy("toy-frail", "toy-frail", "A hash that cannot be loaded while a file says so"),
    _toy("toy-spare", "toy-frail", "What answers when the frail one cannot"),
    _toy("toy-hasty", "toy-hasty", "A hash that may take two seconds", limit_s=2.0),
    _toy("toy-leaky", "toy-leaky", "A hash whose worker is replaced now and then"),
)
"""options: flag, a file whose word (`raise`, `die`) says how loading fails; journal, a file that gets a line for
every load and every run."""
