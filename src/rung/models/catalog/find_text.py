"""The ladder of `find-text`, best first."""

from __future__ import annotations

from dataclasses import replace

from rung.runtime.spec import Footprint, Licence, MiB, Placeable, Quality, Source, Variant, Weights

PADDLE_APACHE = Licence(
    name="Apache-2.0",
    commercial=True,
    note=(
        "PaddlePaddle's PP-OCR models, and the wheel that carries them: its METADATA and its MODEL_LICENSES.md, read by"
        " us, say so of both"
    ),
)
RAPIDOCR = "rapidocr==3.10.0"


def on_cuda(variant: Variant) -> Variant:
    """The same net through ONNX Runtime's CUDA provider, of which nobody here has run anything.

    Reckoned, not measured: CUDA's own context with cuDNN, and the features of a batch.
    """
    place = Placeable(
        device="cuda",
        precision="fp32",
        footprint=Footprint(resident=700 * MiB, working=500 * MiB, working_per_pixel=14),
    )
    return replace(
        variant,
        name=f"{variant.name}-cuda",
        title=f"{variant.title}, on a GPU",
        runtime="onnx-cuda",
        places=(place,),
        quality=Quality(value=None, source=f"the same net as {variant.name}"),
        verified="never",
    )


PPOCR_FIND = Variant(
    name="ppocr-v6-find",
    task="find-text",
    title="PP-OCRv6 small, text detection on patches",
    loader="rung.models.ppocr_find:PpOcrFind",
    runtime="onnx",
    kind="real",
    places=(
        Placeable(
            device="cpu",
            precision="fp32",
            # `rung profile`: 43 MiB between calls, a peak of 542 MiB at 25 megapixels.
            footprint=Footprint(resident=45 * MiB, working=165 * MiB, working_per_pixel=14),
            latency_s=0.28,
        ),
    ),
    weights=(
        Weights(
            name="ppocr-v6/find.onnx",
            size=9_929_594,
            sha256="090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
            licence=PADDLE_APACHE,
            sources=(Source(kind="pypi", ref=RAPIDOCR, member="rapidocr/models/PP-OCRv6_det_small.onnx"),),
        ),
    ),
    quality=Quality(
        value=None,
        source="with what follows it: 157 of 159 dimensions of eight generated sheets lie in a box of their own",
    ),
    contract=(
        "x f32 [1,3,H,W], grey three times, -1..1, sides multiples of 32 -> f32 [1,1,H,W] 0..1: the share of a pixel"
        " being the core of a text"
    ),
    verified="ran",
)

PPOCR_FIND_CUDA = on_cuda(PPOCR_FIND)

LADDER: tuple[Variant, ...] = (PPOCR_FIND_CUDA, PPOCR_FIND)
