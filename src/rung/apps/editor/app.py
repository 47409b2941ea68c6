"""The editor's table of contents: its operations and the tasks it asks for."""

from __future__ import annotations

from rung.apps.editor import pipeline, schema
from rung.runtime.app import App, Limits, Operation
from rung.runtime.spec import MiB

LIMITS = Limits(bytes=32 * MiB, files=3)
PICTURES = ("image/png", "image/jpeg", "image/webp")
_IMAGE = {"file": "<id from POST /v1/files>"}

APP = App(
    name="editor",
    title="Editor",
    summary="Click an object; cut it out, remove it, replace what is behind it.",
    page="rung.apps.editor.page:mount",
    heaviest="rung.apps.editor.heaviest:removal",
    operations=(
        Operation(
            name="segment",
            summary="The mask of the clicked object",
            input=schema.SegmentRequest,
            output=schema.SegmentReply,
            pipeline=pipeline.segment,
            tasks=("segment",),
            limits=LIMITS,
            main_file="mask",
            media_types=("image/png",),
            example={"image": _IMAGE, "points": [[410, 260, 1]]},
        ),
        Operation(
            name="remove",
            summary="Take an object out of the picture",
            input=schema.RemoveRequest,
            output=schema.RemoveReply,
            pipeline=pipeline.remove,
            tasks=("segment", "inpaint"),
            limits=LIMITS,
            main_file="image",
            media_types=PICTURES,
            example={"image": _IMAGE, "points": [[410, 260]], "dilate": 8},
        ),
        Operation(
            name="replace",
            summary="Keep the object, exchange the background",
            input=schema.ReplaceRequest,
            output=schema.ImageReply,
            pipeline=pipeline.replace,
            tasks=("segment", "fill"),
            limits=LIMITS,
            main_file="image",
            media_types=PICTURES,
            example={"image": _IMAGE, "box": [100, 80, 400, 390], "colour": "#f4f1ea"},
        ),
        Operation(
            name="fill",
            summary="Paint a text over an object",
            input=schema.FillRequest,
            output=schema.RemoveReply,
            pipeline=pipeline.fill,
            tasks=("segment", "fill"),
            limits=LIMITS,
            main_file="image",
            media_types=PICTURES,
            example={"image": _IMAGE, "points": [[410, 260]], "prompt": "a vase of tulips"},
        ),
        Operation(
            name="cutout",
            summary="The object on a transparent background; the main one when nothing is selected",
            input=schema.CutoutRequest,
            output=schema.ImageReply,
            pipeline=pipeline.cutout,
            tasks=("segment", "matte"),
            limits=LIMITS,
            main_file="image",
            media_types=("image/png",),
            example={"image": _IMAGE},
        ),
    ),
)
