"""Drawings' table of contents: its operations and the tasks they ask for."""

from __future__ import annotations

from rung.apps.drawings import export_pipeline, parts_pipeline, pipeline, review_pipeline, schema
from rung.apps.drawings.in_words.pipeline import describe
from rung.apps.drawings.in_words.schema import DescribeReply, DescribeRequest
from rung.apps.drawings.opening.sizes import SCAN_PIXELS
from rung.apps.drawings.quoting import bom_pipeline, quote, quote_schema
from rung.apps.drawings.tolerances.pipeline import tolerance
from rung.apps.drawings.tolerances.schema import ToleranceReply, ToleranceRequest
from rung.runtime.app import App, Limits, Operation, Service
from rung.runtime.spec import MiB

SERVICES = (
    Service(name="gateway", why="it takes requests, orders steps and answers: nothing that a GPU computes"),
    Service(name="text detection", tasks=("find-text",)),
    Service(name="OCR", tasks=("read",)),
    Service(name="detection", tasks=("layout",)),
    Service(name="stroke graph network", tasks=("classify-strokes",)),
    Service(name="tolerance trees", tasks=("predict-tolerance",)),
    Service(name="vision-language", tasks=("describe",)),
)
ONE = Limits(bytes=64 * MiB, pixels=SCAN_PIXELS, files=1)
_FILE = {"file": "<id from POST /v1/files>"}

APP = App(
    name="drawings",
    title="Drawings",
    summary="Engineering drawings: dimensions, tolerances, tables and the title block, read from PDF, DXF or a scan.",
    page="rung.apps.drawings.page:mount",
    services=SERVICES,
    operations=(
        Operation(
            name="analyze",
            summary="Everything that is read on a drawing, page by page",
            input=schema.AnalyzeRequest,
            output=schema.AnalyzeReply,
            pipeline=pipeline.analyze,
            tasks=("find-text", "read", "layout", "classify-strokes"),
            limits=ONE,
            example={"file": _FILE, "mode": "hybrid"},
        ),
        Operation(
            name="read",
            summary="Every text of a drawing with its place",
            input=schema.ReadRequest,
            output=schema.ReadReply,
            pipeline=pipeline.read,
            tasks=("find-text", "read"),
            limits=ONE,
            example={"file": _FILE, "pages": "1-3"},
        ),
        Operation(
            name="review",
            summary="Verify, modify or reject what was read; it is kept with the drawing",
            input=schema.ReviewRequest,
            output=schema.ReviewReply,
            pipeline=review_pipeline.review,
            tasks=(),
            limits=ONE,
            example={
                "drawing": "0" * 64,
                "changes": [
                    {
                        "page": 1,
                        "polygon": [[100, 100], [160, 100], [160, 120], [100, 120]],
                        "dpi": 200,
                        "before": "25H7",
                        "status": "modified",
                        "text": "⌀25H7",
                    }
                ],
            },
        ),
        Operation(
            name="export",
            summary="Files of what was read, with what people said of it since: annotated pages, Excel, CSV, JSON",
            input=schema.ExportRequest,
            output=schema.ExportReply,
            pipeline=export_pipeline.export_again,
            tasks=(),
            limits=ONE,
            example={
                "file": _FILE,
                "sheets": [{"page": 1, "width": 2480, "height": 1754, "dpi": 150, "dpi_source": "file"}],
                "exports": ["xlsx"],
                "language": "ko",
            },
        ),
        Operation(
            name="detect",
            summary="Where a drawing's views, symbols, frames, tables and title block are",
            input=schema.DetectRequest,
            output=schema.DetectReply,
            pipeline=parts_pipeline.detect,
            tasks=("layout",),
            limits=ONE,
            example={"file": _FILE},
        ),
        Operation(
            name="segment",
            summary="A drawing's strokes by class: contour, text, dimension, other",
            input=schema.SegmentRequest,
            output=schema.SegmentReply,
            pipeline=parts_pipeline.segment,
            tasks=("classify-strokes",),
            limits=ONE,
            example={"file": _FILE},
        ),
        Operation(
            name="describe",
            summary="A drawing in words: title block, dimensions, how to make it, what to check",
            input=DescribeRequest,
            output=DescribeReply,
            pipeline=describe,
            tasks=("find-text", "read", "layout", "describe"),
            limits=ONE,
            example={"file": _FILE, "options": {"privacy": "any"}},
        ),
        Operation(
            name="tolerance",
            summary="Which form, place and size a process holds, against what is wanted",
            input=ToleranceRequest,
            output=ToleranceReply,
            pipeline=tolerance,
            tasks=("find-text", "read", "layout", "predict-tolerance"),
            limits=ONE,
            example={
                "dimensions": [
                    {"id": "d1", "type": "diameter", "nominal": 25, "fit": "H7"},
                    {"id": "d2", "nominal": 80, "upper": 0.1, "lower": -0.1},
                ],
                "material": "S45C",
                "manufacturing_process": "machining",
            },
        ),
        Operation(
            name="quote",
            summary="A quotation in won: of given parts, or of the part that a drawing shows",
            input=quote_schema.QuoteRequest,
            output=quote_schema.QuoteReply,
            pipeline=quote.quote,
            tasks=("find-text", "read", "layout"),
            limits=ONE,
            main_file="pdf",
            media_types=("application/pdf",),
            example={
                "items": [{"name": "bearing ring", "material": "S45C", "size": "OD120×ID80×50L", "quantity": 4}],
                "customer": {"name": "(주)대한터빈"},
            },
        ),
        Operation(
            name="bom",
            summary="A bill of materials with its hierarchy, from tables or rows; its parts are priced",
            input=quote_schema.BomRequest,
            output=quote_schema.BomReply,
            pipeline=bom_pipeline.bom,
            tasks=("find-text", "read", "layout"),
            limits=ONE,
            main_file="xlsx",
            media_types=(quote.XLSX,),
            example={
                "rows": [
                    ["NO", "품명", "재질", "규격", "수량"],
                    ["1", "BEARING ASSY", "", "", "1"],
                    ["1.1", "BEARING RING", "S45C", "OD120×ID80×50L", "2"],
                ],
            },
        ),
    ),
)
