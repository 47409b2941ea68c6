"""Furniture's table of contents: its operations and the tasks they ask for."""

from __future__ import annotations

from rung.apps.furniture import pipeline, schema
from rung.runtime.app import App, Limits, Operation
from rung.runtime.spec import MiB

ONE = Limits(bytes=32 * MiB, files=2)
MANY = Limits(bytes=256 * MiB, files=schema.MOST_PICTURES)
_IMAGE = {"file": "<id from POST /v1/files>"}

APP = App(
    name="furniture",
    title="Furniture",
    summary="Photographs of a flat; every piece of furniture with its width, depth, height and volume.",
    page="rung.apps.furniture.page:mount",
    operations=(
        Operation(
            name="detect",
            summary="The furniture of one picture: boxes, masks, classes",
            input=schema.DetectRequest,
            output=schema.DetectReply,
            pipeline=pipeline.detect,
            tasks=("detect", "segment"),
            limits=ONE,
            example={"image": _IMAGE},
        ),
        Operation(
            name="analyze",
            summary="The furniture of 1 to 20 pictures with its sizes",
            input=schema.AnalyzeRequest,
            output=schema.AnalyzeReply,
            pipeline=pipeline.analyze,
            tasks=("detect", "segment", "reconstruct"),
            limits=MANY,
            example={"images": [_IMAGE, {"url": "https://photos.example/7.jpg"}], "ids": [12, 13], "estimate_id": 7},
        ),
        Operation(
            name="scene",
            summary="The packing list: pieces, counts, volumes, how they lie in a truck",
            input=schema.SceneRequest,
            output=schema.SceneReply,
            pipeline=pipeline.scene,
            tasks=("detect", "segment", "reconstruct"),
            limits=MANY,
            example={
                "images": [_IMAGE],
                "pieces": [{"label": "desk", "width_mm": 1400, "depth_mm": 700, "height_mm": 720}],
                "truck": "2.5t",
            },
        ),
        Operation(
            name="reconstruct",
            summary="One piece in three dimensions, by its mask or a box",
            input=schema.ReconstructRequest,
            output=schema.ReconstructReply,
            pipeline=pipeline.reconstruct,
            tasks=("segment", "reconstruct"),
            limits=ONE,
            example={"image": _IMAGE, "box": [120, 300, 620, 700], "label": "sofa", "shape": "points"},
        ),
    ),
)
