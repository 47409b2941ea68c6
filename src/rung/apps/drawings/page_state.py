"""Decides what a visitor's work on the drawings page is at each moment, and what of an answer is shown how. Touches
nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from rung.apps.drawings.exports.marks import clear
from rung.apps.drawings.page_names import Noun, engines_named, named, step_named
from rung.apps.drawings.page_order import Order
from rung.apps.drawings.page_sentences import in_language
from rung.apps.drawings.page_words import WORDS
from rung.console.sheet import Mark
from rung.console.words import Language, say

Rows = tuple[Mapping[str, Any], ...]
"""Provenance as the API gives it."""
LAYERS = ("dimensions", "frames", "symbols", "title", "tables", "views", "components", "texts", "unread")
FIRST = ("dimensions", "frames", "symbols", "title", "tables", "unread")
"""Layers that are on until the visitor says otherwise: what was read, and what was not."""
STEPS = ("deskew", "clahe", "blur", "segment", "ensemble", "text_layer")
"""What the visitor may switch of `analyze`."""
_MICRO = {"um": "µm", "deg": "°"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A file on the server. width, height: of a picture, which the browser can show as it is; 0: it is none."""

    file: str
    url: str
    name: str
    width: int = 0
    height: int = 0

    @classmethod
    def of(cls, ref: Mapping[str, Any], name: str) -> Drawing:
        """From a file reference of the API."""
        shown = ref["media_type"] in ("image/png", "image/jpeg", "image/webp")
        width, height = (ref.get("width") or 0, ref.get("height") or 0) if shown else (0, 0)
        return cls(file=ref["file"], url=ref["url"], name=name, width=width, height=height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a drawing is to be read."""

    mode: str = "hybrid"
    steps: frozenset[str] = frozenset({"text_layer"})

    def fields(self) -> dict[str, Any]:
        """Of the request."""
        return {"mode": self.mode, **{step: step in self.steps for step in STEPS}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One drawing, what is asked about it, and what came of it. Every change is a new Work.

    page: the place of the page that is shown. answer: the output of `analyze`; asked: the wish that it answers.
    chosen: the id of a mark, or empty. layers: those that are shown.
    """

    drawing: Drawing | None = None
    wish: Wish = Wish()
    asked: Wish | None = None
    answer: Mapping[str, Any] | None = None
    warnings: tuple[str, ...] = ()
    account: Rows = ()
    page: int = 0
    chosen: str = ""
    layers: frozenset[str] = field(default=frozenset(FIRST))
    order: Order = field(default_factory=Order)
    quote: Mapping[str, Any] | None = None
    quoted: tuple[Mapping[str, Any], Order] | None = None
    """The page and the order that the quotation is of."""

    def opened(self, drawing: Drawing) -> Work:
        """Another drawing; how it is to be read and shown, and who is on its papers, stays as it was."""
        return Work(drawing=drawing, wish=self.wish, layers=self.layers, order=self.order.next_one())

    def wishing(self, **changes: Any) -> Work:
        """Another wish."""
        return replace(self, wish=replace(self.wish, **changes))

    def switched(self, step: str, on: bool) -> Work:
        """One step of the reading on or off."""
        return self.wishing(steps=self.wish.steps | {step} if on else self.wish.steps - {step})

    def toggled(self, layer: str) -> Work:
        """That layer shown, or no longer."""
        return replace(self, layers=self.layers ^ {layer})

    def turned_to(self, page: int) -> Work:
        """Another page; the quotation was of the one before."""
        return replace(self, page=page, chosen="", quote=None, quoted=None)

    def choose(self, id: str) -> Work:
        """That mark, or none; chosen in a table, its layer is shown."""
        layer = id.partition("/")[0]
        return replace(self, chosen=id, layers=self.layers | {layer} if id else self.layers)

    def answered(
        self,
        asked: Work,
        output: Mapping[str, Any],
        warnings: Sequence[str],
        account: Sequence[Mapping[str, Any]],
    ) -> Work:
        """With what came of the drawing as it was when it was asked; as it is, where another was opened meanwhile."""
        if self.drawing != asked.drawing:
            return self
        return replace(
            self,
            answer=output,
            asked=asked.wish,
            warnings=tuple(warnings),
            account=tuple(account),
            page=min(self.page, max(len(output["pages"]) - 1, 0)),
            chosen="",
            quote=None,
            quoted=None,
        )

    def priced(self, asked: Work, quote: Mapping[str, Any]) -> Work:
        """With the quotation of the page and the order as they were when it was asked; as it is, where another page is
        shown meanwhile."""
        sheet = asked.sheet()
        if sheet is None or (self.drawing, self.page) != (asked.drawing, asked.page):
            return self
        return replace(self, quote=quote, quoted=(sheet, asked.order))

    @property
    def quote_stale(self) -> bool:
        """Whether the quotation is not of what now stands on the page and in the order."""
        return self.quoted is not None and self.quoted != (self.sheet(), self.order)

    def reviewed(self, page: int, dimension: Mapping[str, Any]) -> Work:
        """With a dimension as it stands after a person's word, on the page of that number."""
        return self._with_dimensions(page, lambda all: _put(all, dimension))

    def added(self, page: int, dimension: Mapping[str, Any]) -> Work:
        """With a dimension that a person wrote where none was read, under an id of its own; written there once more, it
        stands for the one before. added: it is such a one."""

        def put(all: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
            kept = [one for one in all if not (one.get("added") and one["polygon"] == dimension["polygon"])]
            taken = {one["id"] for one in kept}
            id = next(id for at in count(1) if (id := f"{page}.a{at}") not in taken)
            return [*kept, {**dimension, "id": id, "added": True}]

        return self._with_dimensions(page, put)

    def _with_dimensions(
        self, page: int, change: Callable[[Sequence[Mapping[str, Any]]], Sequence[Mapping[str, Any]]]
    ) -> Work:
        if self.answer is None:
            return self
        pages = [
            one if one["page"] != page else {**one, "dimensions": change(one["dimensions"])}
            for one in self.answer["pages"]
        ]
        return replace(self, answer={**self.answer, "pages": pages})

    @property
    def stale(self) -> bool:
        """Whether the answer is not of the wish that now stands."""
        return self.answer is not None and self.asked != self.wish

    # --- what is shown of the answer -------------------------------------------------------------------

    def sheet(self) -> Mapping[str, Any] | None:
        """The page that is shown; None before there is an answer."""
        return self.answer["pages"][self.page] if self.answer and self.answer["pages"] else None

    def name(self) -> str:
        """The drawing's name; empty: none is open."""
        return self.drawing.name if self.drawing else ""

    def picture(self) -> tuple[str, int, int] | None:
        """(address, width, height) of what is shown: the page as it was read, before that the file where the browser
        can show it; None: neither is there."""
        if (sheet := self.sheet()) is not None:
            return sheet["picture"]["url"], sheet["width"], sheet["height"]
        if self.drawing is not None and self.drawing.width:
            return self.drawing.url, self.drawing.width, self.drawing.height
        return None

    def picked(self) -> Mapping[str, Any] | None:
        """The dimension that is chosen; None: something else is, or nothing."""
        layer, _, id = self.chosen.partition("/")
        sheet = self.sheet() if layer == "dimensions" else None
        return next((one for one in sheet["dimensions"] if one["id"] == id), None) if sheet else None

    def following(self, id: str) -> str:
        """The next dimension on the page behind that one, and round again, which nobody has looked at; empty: none."""
        sheet = self.sheet()
        all = sheet["dimensions"] if sheet is not None else ()
        at = next((place for place, one in enumerate(all) if one["id"] == id), 0)
        return next((one["id"] for one in (*all[at + 1 :], *all[:at]) if one["status"] == "pending"), "")

    def marks(self, language: Language) -> list[Mark]:
        """Everything on the page that is shown, of all layers, told in that language."""
        sheet = self.sheet()
        return list(_marks(sheet, language)) if sheet is not None else []

    def counts(self) -> dict[str, int]:
        """How many things each layer has on the page that is shown."""
        found = [mark.layer for mark in self.marks("en")]
        return {layer: found.count(layer) for layer in LAYERS}

    def failures(self, language: Language) -> list[str]:
        """What failed, page by page, as sentences."""
        pages = self.answer["pages"] if self.answer else ()
        return [
            f"{page['page']}: {step_named(step['step'], language)}: {in_language(step['message'], language)}"
            for page in pages
            for step in page["steps"]
            if step["state"] == "failed"
        ]

    def reviews(self) -> dict[str, int]:
        """How many dimensions of all pages stand at which state of review."""
        found = [one["status"] for page in (self.answer["pages"] if self.answer else ()) for one in page["dimensions"]]
        return {status: found.count(status) for status in ("pending", "verified", "modified", "rejected")}


def _put(dimensions: Sequence[Mapping[str, Any]], one: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """With the word of a person; what a person had added and takes back is gone."""
    if one["status"] == "pending":
        dimensions = [old for old in dimensions if old["id"] != one["id"] or not _first(old).get("added")]
    return [_judged(old, one) if old["id"] == one["id"] else old for old in dimensions]


def _first(dimension: Mapping[str, Any]) -> Mapping[str, Any]:
    """As it was before anybody said anything of it."""
    first: Mapping[str, Any] = dimension.get("first", dimension)
    return first


def _judged(old: Mapping[str, Any], one: Mapping[str, Any]) -> Mapping[str, Any]:
    """The dimension after a person's word. first: as it was read, which every word but a correction leaves as it is."""
    first = _first(old)
    return {**(one if one["status"] == "modified" else first), "status": one["status"], "first": first}


def _marks(sheet: Mapping[str, Any], language: Language) -> Iterator[Mark]:
    dpi = sheet["dpi"]
    for one in sheet["dimensions"]:
        yield _mark(
            "dimensions", one["id"], clear(one["polygon"], dpi), one["text"], told(one, language), state=one["status"]
        )
    for one in sheet["frames"]:
        errors = [in_language(error["message"], language) for error in one["errors"]]
        said = [_named("characteristic", one["characteristic"], language), *errors]
        yield _mark("frames", one["id"], one["polygon"], one["text"], said)
    for name, one in sheet["title_block"].items():
        said = [named("field", name, language), one["value"] or ""]
        yield _mark("title", name, clear(one["polygon"], dpi), one["text"], said)
    for one in sheet["tables"]:
        title = say(WORDS, language, "table", id=one["id"])
        yield _mark("tables", one["id"], one["polygon"], title, [f"{one['rows']} × {one['columns']}"])
    for one in sheet["views"]:
        title = one["label"] or f"{named('part', 'view', language)} {one['id']}"
        yield _mark("views", one["id"], one["polygon"], title, [])
    for one in sheet["symbols"]:
        said = [_named("variant", one["variant"], language), one["text"] or "", share({"confidence": one["score"]})]
        title = _named("symbol", one["label"], language) or one["id"]
        yield _mark("symbols", one["id"], one["polygon"], title, said)
    for one in sheet["components"]:
        x0, y0, x1, y1 = one["box"]
        corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
        said = [say(WORDS, language, "strokes", n=one["strokes"]), share(one)]
        yield _mark("components", one["id"], corners, named("class", one["class"], language), said)
    for number, one in enumerate(sheet["texts"]):
        yield _mark("texts", str(number), clear(one["polygon"], dpi), one["text"], [one["engine"], share(one)])
    for number, one in enumerate(sheet["unread"]):
        why = in_language(one["reason"], language)
        yield _mark("unread", str(number), clear(one["polygon"], dpi), one["text"] or "?", [why])


def _named(noun: Noun, name: str | None, language: Language) -> str:
    """Empty where it has no name."""
    return named(noun, name, language) if name else ""


def _mark(
    layer: str, id: str, points: Sequence[Sequence[float]], title: str, lines: Sequence[str], state: str = ""
) -> Mark:
    corners = tuple((round(x, 1), round(y, 1)) for x, y in points)
    kept = tuple(line for line in lines if line)
    return Mark(id=f"{layer}/{id}", layer=layer, points=corners, title=title, lines=kept, state=state)


def told(dimension: Mapping[str, Any], language: Language) -> list[str]:
    """What is said of a dimension beside its text."""
    others = ", ".join(one["text"] for one in dimension["alternatives"])
    return [
        f"{named('type', dimension['type'], language)} {figures(dimension)}",
        f"{engines_named(dimension['engine'], language)} {share(dimension)}".strip(),
        f"? {others}" if others else "",
        *(in_language(note, language) for note in dimension["notes"]),
    ]


def figures(dimension: Mapping[str, Any]) -> str:
    """Nominal with its deviations and unit; a dash where the text gives no figure."""
    if dimension["nominal"] is None:
        return "–"
    unit = _MICRO.get(dimension["unit"], dimension["unit"])
    text = (
        f"{dimension['count']} × {number(dimension['nominal'])}"
        if dimension["count"] > 1
        else number(dimension["nominal"])
    )
    upper, lower = dimension["upper"], dimension["lower"]
    if upper is not None and lower is not None:
        text += f" ±{number(upper)}" if upper == -lower else f" {number(upper, True)} / {number(lower, True)}"
    return f"{text} {unit}".replace(" °", "°")


def number(value: float, signed: bool = False) -> str:
    """Without digits that say nothing; a true minus."""
    text = f"{value:+.4f}" if signed and value else f"{value:.4f}"
    return text.rstrip("0").rstrip(".").replace("-", "−")


def share(one: Mapping[str, Any]) -> str:
    """A confidence as a percentage, rounded down: nothing but certainty is 100 %. Empty where there is none."""
    confidence = one.get("confidence")
    return "" if confidence is None else f"{int(confidence * 100)}%"


def mock(rows: Rows) -> bool:
    """Whether any step was a mock's."""
    return any(row["kind"] == "mock" for row in rows)
