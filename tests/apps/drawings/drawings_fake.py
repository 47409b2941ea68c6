"""The drawings API in the shape of the real one, with a drawn sheet instead of models; run as a script it serves the
console. `POST /fake/hold` leaves jobs running until `POST /fake/release`; `GET /fake/asked` lists what was asked.
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont
from pydantic import TypeAdapter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

sys.path.append(str(Path(__file__).parents[2] / "console"))

from fake_api import Fake
from fake_serving import serve

from rung.apps.drawings import schema
from rung.apps.drawings.quoting.costs import costed
from rung.apps.drawings.quoting.drawn import asked, drawn_of, item_of
from rung.apps.drawings.quoting.quotation import Quotation, quotation
from rung.apps.drawings.quoting.quote_schema import QuoteItemIn, QuoteRequest
from rung.apps.drawings.reviews import dimension_of, merged
from rung.runtime.app import App
from rung.runtime.errors import InvalidInput

SIZE = (1600, 1100)
UNREAD = "row 2, column 1 of a table: no sign was told in it"
APP = App(
    name="drawings", title="Drawings", summary="Reads drawings.", operations=(), page="rung.apps.drawings.page:mount"
)
TEXTS = (
    ("d1", "⌀25H7", "diameter", 25.0, 0.021, 0.0, (300, 200, 420, 236)),
    ("d2", "120±0.1", "length", 120.0, 0.1, -0.1, (600, 820, 740, 856)),
    ("d3", "4×R5", "radius", 5.0, None, None, (900, 300, 1000, 336)),
)  # fmt: skip
UPWARDS = [[900, 400], [900, 300], [936, 300], [936, 400]]
"""Where the last of them stands: it is read from below."""


class FakeSheets(Fake):
    """Any file has two pages: a plate with three dimensions, a frame, a table and a place that cannot be read."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, dict[str, Any]] = {}
        self.reviews: dict[str, tuple[str, str]] = {}

    async def upload(self, request: Request) -> Response:
        data = await request.body()
        if data.startswith(b"%PDF-"):
            return JSONResponse({**self.keep(data, "application/pdf", (0, 0)), "width": None, "height": None}, 201)
        return await super().upload(request)

    async def analyze(self, request: Request) -> Response:
        async with request.form() as form:
            fields = {key: json.loads(str(value)) if key != "mode" else str(value) for key, value in form.items()}
        self.asked.append({"operation": "analyze", **fields})
        self.reviews.clear()
        name = f"job-{len(self.jobs)}"
        self.jobs[name] = {
            "id": name, "status": "running", "error": None, "warnings": [], "provenance": [], "output": None,
            "progress": {"stage": "page 1 of 2: texts read", "fraction": 0.25},
        }  # fmt: skip
        return JSONResponse(self.jobs[name], 202)

    async def job(self, request: Request) -> Response:
        job = self.jobs[request.path_params["job"]]
        try:
            await asyncio.wait_for(self.free.wait(), 1)
        except TimeoutError:
            return JSONResponse(job)
        if job["status"] == "running" and self.mode == "refuse":
            job |= {"status": "failed", "error": {"code": "no-rung", "detail": "no rung of find-text can answer"}}
        elif job["status"] == "running":
            rows = [self._row("read", "reader", "mock" if self.mode == "mock" else "real")]
            job |= {"status": "succeeded", "output": self._answer(), "provenance": rows}
        return JSONResponse(job)

    async def cancel(self, request: Request) -> Response:
        job = self.jobs[request.path_params["job"]]
        job["status"] = "canceled"
        return JSONResponse(job)

    async def review(self, request: Request) -> Response:
        async with request.form() as form:
            changes = json.loads(str(form["changes"]))
        self.asked.append({"operation": "review", "changes": changes})
        added = []
        for change in map(schema.Correction.model_validate, changes):
            try:
                merged(None, [change])
            except InvalidInput as error:
                return JSONResponse({"code": "invalid-input", "detail": error.message}, 422)
            if not change.id:
                added.append(dimension_of(change, "1.r1", change.dpi).model_dump(mode="json"))
            self.reviews[change.id] = (change.status, change.text or "")
        ids = {change["id"] for change in changes}
        found = [one for one in self._dimensions() if one["id"] in ids]
        return self._reply({"drawing": "f" * 64, "dimensions": found + added}, [])

    async def quote(self, request: Request) -> Response:
        """By the real rules; only its papers are none."""
        async with request.form() as form:
            texts = ("delivery", "payment")
            fields = {key: json.loads(str(value)) for key, value in form.items() if key not in ("options", *texts)}
            fields |= {key: str(form[key]) for key in texts if key in form}
        self.asked.append({"operation": "quote", **fields})
        wanted = QuoteRequest.model_validate(fields)
        allowed = frozenset(wanted.assume)
        drawn = drawn_of(wanted.sheets)
        made = []
        for one in wanted.items or [QuoteItemIn()]:
            item, said = item_of(one, drawn, wanted.rules, allowed)
            cost = costed(item, wanted.rules, frozenset(map(str, allowed)))
            needs = asked(cost.needs, item, drawn)
            made.append((item, replace(cost, needs=needs, assumptions=said + cost.assumptions)))
        found = TypeAdapter(Quotation).dump_python(
            quotation(made, wanted.rules, wanted.terms("2026-11-30")), mode="json"
        )
        missing = [{"item": one["no"], "need": need} for one in found["items"] for need in one["needs"]]
        paper = self.keep(b"%PDF-1.7", "application/pdf", (0, 0))
        name = f"job-{len(self.jobs)}"
        self.jobs[name] = {
            "id": name, "status": "succeeded", "error": None, "warnings": [], "provenance": [], "progress": None,
            "output": {**found, "missing": missing, "xlsx": None, "pdf": paper},
        }  # fmt: skip
        return JSONResponse(self.jobs[name], 202)

    async def export(self, request: Request) -> Response:
        """A file that says what it is of."""
        async with request.form() as form:
            fields = {key: json.loads(str(value)) for key, value in form.items() if key not in ("options", "language")}
            language = str(form["language"])
        wanted = schema.ExportRequest.model_construct(
            sheets=[*map(schema.PageIn.model_validate, fields["sheets"])], exports=fields["exports"], language=language
        )
        said = [one.text for page in wanted.sheets for one in page.dimensions]
        self.asked.append({"operation": "export", "kinds": wanted.exports, "said": said, "language": language})
        output = {"drawing": "f" * 64, "pages": [{"page": one.page, "annotated": None} for one in wanted.sheets]}
        files = dict.fromkeys(("annotated_pdf", "dimensions_csv", "tables_xlsx", "result_json"))
        made = self.keep(" ".join(said).encode(), "text/csv", (0, 0))
        if "annotated-png" in wanted.exports:
            output["pages"][0]["annotated"] = made
        name = f"job-{len(self.jobs)}"
        self.jobs[name] = {
            "id": name, "status": "succeeded", "error": None, "warnings": [], "provenance": [], "progress": None,
            "output": output | files | {"tables_xlsx": made},
        }  # fmt: skip
        return JSONResponse(self.jobs[name], 202)

    def _answer(self) -> dict[str, Any]:
        answer = {
            "drawing": "f" * 64, "media_type": "image/png", "page_count": 2, "pages": [self._page(1), self._page(2)],
            "annotated_pdf": None, "tables_xlsx": None, "dimensions_csv": None, "result_json": None,
        }  # fmt: skip
        assert set(answer) == set(schema.AnalyzeReply.model_fields)
        for page in answer["pages"]:
            _fits(page)
        return answer

    def _page(self, number: int) -> dict[str, Any]:
        second = number == 2
        return {
            "page": number, "width": SIZE[0], "height": SIZE[1], "dpi": 100.0, "dpi_source": "rendered", "turned": 0,
            "picture": self._picture(number), "annotated": None,
            "steps": [{"step": "read", "state": "done", "engine": "reader", "found": 3, "code": "", "message": ""},
                      {"step": "segment", "state": "failed" if second else "off", "engine": "", "found": None,
                       "code": "no-rung", "message": "no rung of classify-strokes can answer"}],
            "dimensions": [] if second else self._dimensions(),
            "frames": [] if second else [{
                "id": "f1", "group": "g1", "characteristic": "position", "zone": "diameter", "tolerance": 0.1,
                "projected": None, "per": [], "common_zone": False, "notes": [], "modifiers": [],
                "datums": [{"letter": "A", "modifiers": []}, {"letter": "B", "modifiers": []}],
                "polygon": _corners((1100, 600, 1300, 640)), "text": "⌖|⌀0.1|A|B", "confidence": 0.9,
                "engine": "reader", "errors": [],
            }],
            "title_block": {"drawing_number": _text("RB-1042", (1210, 1000, 1330, 1030)) | {"value": None}},
            "tables": [{
                "id": "t1", "polygon": _corners((60, 60, 260, 140)), "rows": 2, "columns": 2, "csv": None,
                "cells": [_cell(0, 0, "no."), _cell(0, 1, "part"), _cell(1, 0, "1"), _cell(1, 1, "shaft <b>")],
            }],
            "components": [
                {"id": "c1", "class": "contour", "box": [300, 240, 1000, 800], "strokes": 12, "confidence": 0.95}
            ],
            "views": [{"id": "v1", "label": "front", "polygon": _corners((280, 180, 1040, 880)), "score": None}],
            "symbols": [] if second else self._symbols(), "texts": [_text("Break sharp edges", (60, 1000, 330, 1030))],
            "unread": [{"polygon": _corners((1100, 700, 1180, 730)), "reason": UNREAD, "text": ""}],
        }  # fmt: skip

    def _symbols(self) -> list[dict[str, Any]]:
        found = (
            ("s1", "surface", "removal", "Ra1.6", 0.98, "d1", (420, 200, 460, 240)),
            ("s2", "balloon", "circle", None, 0.97, None, (1060, 240, 1100, 280)),
            ("s3", "gear_mark", None, None, None, None, (1060, 400, 1100, 440)),
        )
        names = ("id", "label", "variant", "text", "score", "dimension")
        return [dict(zip(names, one, strict=True)) | {"polygon": _corners(box)} for *one, box in found]

    def _dimensions(self) -> list[dict[str, Any]]:
        return [self._dimension(*one) for one in TEXTS]

    def _dimension(
        self, id: str, text: str, type: str, nominal: float, upper: Any, lower: Any, box: Any
    ) -> dict[str, Any]:
        status, said = self.reviews.get(id, ("pending", ""))
        others = [{"text": "4×85", "confidence": 0.2, "engine": "reader"}] if id == "d3" else []
        return {
            **_text(said or text, box), "alternatives": others, "id": id, "type": type, "nominal": nominal,
            "upper": upper, "lower": lower, "unit": "mm", "fit": "H7" if id == "d1" else None,
            "count": 4 if id == "d3" else 1, "form": "plain", "view": "v1", "status": status, "notes": [],
            "limits": "", "through": False, "further": {},
            **({"polygon": UPWARDS} if id == "d3" else {}),
        }  # fmt: skip

    def _picture(self, number: int) -> dict[str, Any]:
        picture = Image.new("L", SIZE, 255)
        pen = ImageDraw.Draw(picture)
        font = ImageFont.load_default(30)
        pen.rectangle((20, 20, SIZE[0] - 20, SIZE[1] - 20), outline=0, width=3)
        pen.rectangle((300, 240, 1000, 800), outline=0, width=4)
        pen.text((40, 40), f"page {number}", fill=0, font=font)
        for _, text, *_, box in TEXTS:
            pen.text(box[:2], text.replace("⌀", "Ø").replace("×", "x"), fill=0, font=font)
        data = io.BytesIO()
        picture.save(data, "PNG")
        return self.keep(data.getvalue(), "image/png", SIZE)

    def app(self) -> Starlette:
        routes = [
            Route("/v1/drawings/analyze", self.analyze, methods=["POST"]),
            Route("/v1/drawings/export", self.export, methods=["POST"]),
            Route("/v1/drawings/quote", self.quote, methods=["POST"]),
            Route("/v1/drawings/review", self.review, methods=["POST"]),
            Route("/v1/jobs/{job}", self.job),
            Route("/v1/jobs/{job}/cancel", self.cancel, methods=["POST"]),
        ]
        return Starlette(routes=[*routes, *super().app().routes])


KINDS = {
    "dimensions": schema.Dimension, "frames": schema.Frame, "tables": schema.Table, "components": schema.Component,
    "views": schema.View, "symbols": schema.Symbol, "texts": schema.Text, "unread": schema.Unread, "steps": schema.Step,
}  # fmt: skip


def _fits(page: dict[str, Any]) -> None:
    """Every part has the fields that the real answer has: a page that was made for others must fail here."""
    assert set(page) == set(schema.Page.model_fields), set(page) ^ set(schema.Page.model_fields)
    parts = [(KINDS[name], one) for name in KINDS for one in page[name]]
    parts += [(schema.TitleField, one) for one in page["title_block"].values()]
    parts += [(schema.TableCell, cell) for table in page["tables"] for cell in table["cells"]]
    parts += [(schema.Datum, datum) for frame in page["frames"] for datum in frame["datums"]]
    for kind, one in parts:
        names = {field.serialization_alias or name for name, field in kind.model_fields.items()}
        assert set(one) == names, (kind.__name__, set(one) ^ names)


def _corners(box: tuple[int, int, int, int]) -> list[list[int]]:
    x0, y0, x1, y1 = box
    return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]


def _text(text: str, box: tuple[int, int, int, int]) -> dict[str, Any]:
    return {"text": text, "polygon": _corners(box), "confidence": 0.97, "engine": "reader", "alternatives": []}


def _cell(row: int, column: int, text: str) -> dict[str, Any]:
    box = [60 + 100 * column, 60 + 40 * row, 160 + 100 * column, 100 + 40 * row]
    return {
        "row": row,
        "column": column,
        "rows": 1,
        "columns": 1,
        "box": box,
        "text": text,
        "confidence": 0.9,
        "engine": "x",
    }


if __name__ == "__main__":
    sys.exit(asyncio.run(serve(FakeSheets().app(), APP)))
