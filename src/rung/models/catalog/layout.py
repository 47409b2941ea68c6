"""The ladder of `layout`, best first."""

from __future__ import annotations

from rung.models.catalog.detect import AGPL_ULTRALYTICS
from rung.runtime.spec import Footprint, Licence, MiB, Placeable, Quality, Variant, Weights

SHEET_GEOMETRY = Variant(
    name="sheet-geometry",
    task="layout",
    title="What a sheet's lines make of it; a small net of ours for signs",
    loader="rung.models.sheet_layout:find",
    runtime="pictures",
    kind="substitute",
    places=(
        Placeable(
            device="cpu",
            precision="none",
            footprint=Footprint(resident=25 * MiB, working=60 * MiB, working_per_pixel=24),
            latency_s=0.6,
        ),
    ),
    quality=Quality(value=None, source="bench/drawings.py measures it on generated sheets"),
    contract=(
        "picture, dots per inch or an A3 sheet's -> border, tables and frames with their cells, title block, views,"
        " datums; finish marks, balloons and welds by geometry and a net of 0.3 MB that comes with the package;"
        " set level first where it lies askew by up to 3 degrees; one thread"
    ),
    verified="ran",
)

_OWN = Licence(name="the user's own file", commercial=None, note="whoever trained it says what it may be used for")


def _own(name: str, size: int) -> tuple[Weights, ...]:
    """size: of a detector of 2.6 million weights (YOLO11n); the user's may be any."""
    return (Weights(name=name, size=size, sha256="", licence=_OWN, pulled=False, own=True),)


SHEET_YOLO = Variant(
    name="sheet-yolo",
    task="layout",
    title="A YOLO detector of your own as ONNX for symbols and views, geometry for the rest",
    loader="rung.models.sheet_yolo:SheetYolo",
    runtime="onnx",
    kind="real",
    places=(
        Placeable(
            device="cpu",
            precision="fp32",
            footprint=Footprint(resident=100 * MiB, working=400 * MiB, working_per_pixel=30),
        ),
    ),
    weights=_own("sheet-yolo/model.onnx", 10_600_000),
    quality=Quality(value=None, source="unmeasured: it is the user's own"),
    contract=(
        "images f32 [1,3,S,S] RGB 0..1, the sheet or a window of it in the middle in its own shape, 114/255 beside it"
        " -> output0 f32 [1,4+C,A] (centre x, centre y, width, height in pixels of the square, C scores 0..1); no"
        " suppression in the graph; the words of the classes in the metadata `names`, their kinds in option `kinds`"
    ),
    verified="loaded-random",
)

SHEET_ULTRALYTICS = Variant(
    name="sheet-ultralytics",
    task="layout",
    title="A YOLO detector of your own through ultralytics for symbols and views, geometry for the rest",
    loader="rung.models.sheet_ultralytics:SheetUltralytics",
    runtime="ultralytics",
    kind="real",
    licence=AGPL_ULTRALYTICS,
    places=tuple(
        Placeable(
            device=device,
            precision="fp32",
            footprint=Footprint(resident=700 * MiB, working=900 * MiB, working_per_pixel=30),
        )
        for device in ("cuda", "cpu")
    ),
    weights=_own("sheet-ultralytics/model.pt", 5_600_000),
    quality=Quality(value=None, source="unmeasured: it is the user's own"),
    options={"python": "", "side": 1280},
    env={"YOLO_OFFLINE": "1", "YOLO_AUTOINSTALL": "0", "YOLO_VERBOSE": "0"},
    limit_s=120.0,
    contract=(
        "a checkpoint of ultralytics' class YOLO (a pickle of modules: loading it runs code, so it is never fetched"
        " and only the user's own is taken); under an interpreter that has ultralytics >= 8.3, torch and torchvision"
    ),
    verified="never",
)

LADDER: tuple[Variant, ...] = (SHEET_ULTRALYTICS, SHEET_YOLO, SHEET_GEOMETRY)
