"""The ladder of `classify-strokes`, best first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rung.runtime.spec import Footprint, Licence, MiB, Placeable, Quality, Variant, Weights

CLASSES = ("contour", "text", "dimension", "other")
"""contour: the part's edges, hidden ones too. other: centre lines, hatching, borders, tables and frames, symbols."""
_METHOD = (
    "grey at 200 dpi -> strokes as cubic Bézier curves (ink, thinning, paths cut at corners and where no curve follows"
    " them, none under 4 pixels) -> five GraphSAGE layers (mean; 32, 64, 128, 256, 512) and four linear ones (256, 128,"
    " 32, classes), f32 -> shares of the classes"
)
_OURS = (
    f"{_METHOD}; features f32 [N, 33]: the 19 of arXiv 2212.00290 and 14 of ours (line width and its place between the"
    " sheet's thin and thick lines, the line that a stroke is a piece of, the connected part's size, free ends,"
    " direction, neighbours, ink around); edges between strokes that touch"
)
_PAPER = f"{_METHOD}; features f32 [N, 19] of arXiv 2212.00290, lengths as logarithms; edges between strokes that touch"
_METRIC = "strokes in the right one of three classes, held-out styles of generated drawings"
# An A3 sheet at 200 dpi (7.7 megapixels, 2,400 strokes): 98 MiB on top for tracing, 0.4 s of CPU for it and 0.05 s for
# the net, 0.3 s for decoding. A call's peak with transparency is the decoder's: 14 bytes a pixel more.
_CPU = Placeable(
    device="cpu",
    precision="fp32",
    footprint=Footprint(resident=30 * MiB, working=60 * MiB, working_per_pixel=28),
    latency_s=0.8,
)


def _edgnet(name: str, title: str, contract: str, options: Mapping[str, Any], quality: Quality) -> Variant:
    return Variant(
        name=name,
        task="classify-strokes",
        title=title,
        loader="rung.models.edgnet:EdgNet",
        runtime="pictures",
        kind="real",
        places=(_CPU,),
        quality=quality,
        options={"classes": CLASSES, **options},
        contract=contract,
        verified="ran",
    )


EDGNET = _edgnet(
    "edgnet",
    "EDGNet told fourteen more figures of each stroke, trained here on generated drawings",
    _OURS,
    {"net": "edgnet-ours"},
    Quality(value=0.985, metric=_METRIC, source="src/rung/models/trained/edgnet-ours/record.json, validation"),
)
EDGNET_PAPER = _edgnet(
    "edgnet-paper",
    "EDGNet as published, trained here on generated drawings",
    _PAPER,
    {"net": "edgnet-paper"},
    Quality(value=0.960, metric=_METRIC, source="src/rung/models/trained/edgnet-paper/record.json, validation"),
)
EDGNET_CUDA = Variant(
    name="edgnet-cuda",
    task="classify-strokes",
    title="The same net on a GPU; strokes are traced on the CPU",
    loader="rung.models.edgnet_torch:EdgNetTorch",
    runtime="torch",
    kind="real",
    places=(
        Placeable(
            device="cuda",
            precision="fp32",
            # Reckoned, not measured: CUDA's own context, and a layer's figures for some ten thousand strokes.
            footprint=Footprint(resident=500 * MiB, working=150 * MiB, working_per_pixel=4),
        ),
    ),
    quality=Quality(value=0.985, metric=_METRIC, source="the same net as edgnet"),
    options={"classes": CLASSES, "net": "edgnet-ours"},
    contract=_OURS,
    not_worth=(
        "of a sheet of 2,400 strokes the net takes 0.05 s on a CPU and tracing them, which stays there, 0.4 s; from how"
        " many strokes at once a GPU is quicker nobody has measured"
    ),
    verified="loaded-random",
)
EDGNET_OWN = Variant(
    name="edgnet-own",
    task="classify-strokes",
    title="EDGNet with a net of your own",
    loader="rung.models.edgnet:EdgNet",
    runtime="pictures",
    kind="real",
    places=(_CPU,),
    weights=(
        Weights(
            name="edgnet-own/net.pth",
            size=15_800,
            sha256="",
            licence=Licence(
                name="the user's own file", commercial=None, note="whoever trained it says what it may be used for"
            ),
            pulled=False,
            own=True,
        ),
    ),
    quality=Quality(value=None, source="unmeasured here"),
    options={"classes": ("contour", "text", "dimension")},
    contract=(
        f"{_PAPER}; a `.pth` state dict (or one under model_state_dict or state_dict) or `.safetensors` with layers"
        " named as PyTorch Geometric's SAGEConv names them (lin_l with a bias, lin_r), then linear layers, in order;"
        " of a pickle only tensors are read and no code is run; the option `classes` names its classes in order"
    ),
    verified="loaded-random",
)

LADDER: tuple[Variant, ...] = (EDGNET, EDGNET_PAPER, EDGNET_CUDA, EDGNET_OWN)
