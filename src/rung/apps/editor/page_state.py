"""Decides what a visitor's work in the editor is at each moment, and which request follows from it. Touches nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

Click = tuple[int, int, int]
Span = tuple[int, int, int, int]
Rows = tuple[Mapping[str, Any], ...]
"""Provenance as the API gives it."""
Operation = Literal["remove", "cutout", "replace", "fill"]
KEPT = 24
"""Rows of the account that are kept; the oldest leave first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A picture on the server. width, height: upright, in pixels. name: for the visitor and for downloads."""

    file: str
    url: str
    width: int
    height: int
    name: str = ""

    @classmethod
    def of(cls, ref: Mapping[str, Any], name: str = "") -> Self:
        """From a file reference of the API."""
        return cls(file=ref["file"], url=ref["url"], width=ref["width"], height=ref["height"], name=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A mask that the API answered with."""

    file: str
    url: str
    area_px: int
    score: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an operation made of the picture. edge: left of the place that it changed, per cent of the width."""

    operation: Operation
    image: Shown
    edge: float
    warnings: tuple[str, ...]
    mock: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One picture, what is meant in it, and what was made of it. Every change is a new Work."""

    picture: Shown | None = None
    points: tuple[Click, ...] = ()
    box: Span | None = None
    found: Found | None = None
    stale: bool = False
    """`found` is not yet that of these points and this box: shown, but not to be used."""
    result: Result | None = None
    warnings: tuple[str, ...] = ()
    mock: bool = False
    account: Rows = ()
    """Provenance of what was answered about this picture, in the order of the answers."""

    def opened(self, picture: Shown) -> Work:
        """Another picture: nothing of the old one stays."""
        return Work(picture=picture)

    def clicked(self, point: Click) -> Work:
        """One more point. The mask of the points before it is no longer theirs, but stays visible until the new one."""
        return replace(self, points=(*self.points, point), result=None)._changed()

    def boxed(self, box: Span) -> Work:
        """Another box; the points stay."""
        return replace(self, box=box, result=None)._changed()

    def undone(self) -> Work:
        """Without the last point; without the box when no point is left."""
        if self.points:
            return replace(self, points=self.points[:-1], result=None)._changed()
        return replace(self, box=None, result=None)._changed()

    def cleared(self) -> Work:
        """Nothing selected."""
        return replace(self, points=(), box=None, result=None)._changed()

    def _changed(self) -> Work:
        if self.asks() is not None:
            return replace(self, stale=True)
        return replace(self, found=None, stale=False, warnings=(), mock=False)

    def asks(self) -> dict[str, Any] | None:
        """The fields of the segment request; None while there is nothing that it could mean.

        Points that only subtract mean nothing without a box.
        """
        if self.picture is None or not (self.box or any(point[2] for point in self.points)):
            return None
        fields: dict[str, Any] = {"image": {"file": self.picture.file}}
        if self.points:
            fields["points"] = [list(point) for point in self.points]
        if self.box:
            fields["box"] = list(self.box)
        return fields

    def segmented(self, output: Mapping[str, Any], warnings: tuple[str, ...], rows: Rows) -> Work:
        """With the mask that the API answered."""
        mask = output["mask"]
        found = Found(file=mask["file"], url=mask["url"], area_px=output["area_px"], score=output["score"])
        return replace(self, found=found, stale=False, warnings=warnings, mock=_mock(rows))._accounted(rows)

    def uses_mask(self) -> dict[str, Any] | None:
        """The fields that name the picture and the mask that the visitor sees; None without one of this selection.

        The mask, not the points: what was seen is what is taken, and no model is asked twice.
        """
        if self.picture is None or self.found is None or self.stale:
            return None
        return {"image": {"file": self.picture.file}, "mask": {"file": self.found.file}}

    def made(
        self,
        operation: Operation,
        output: Mapping[str, Any],
        warnings: tuple[str, ...],
        rows: Rows,
    ) -> Work:
        """With an operation's result."""
        assert self.picture is not None
        stem = self.picture.name.rpartition(".")[0] or self.picture.name or "picture"
        extension = output["image"]["media_type"].rpartition("/")[2].replace("jpeg", "jpg")
        image = Shown.of(output["image"], f"{stem}-{operation}.{extension}")
        # a mock anywhere on the way, the mask's included, makes the result one
        mock = _mock(rows) or self.mock
        edge = max(4.0, 100.0 * output["box"][0] / self.picture.width - 3.0)
        result = Result(operation=operation, image=image, edge=edge, warnings=warnings, mock=mock)
        return replace(self, result=result)._accounted(rows)

    def back(self) -> Work:
        """From the result to the selection."""
        return replace(self, result=None)

    def continued(self) -> Work:
        """The result becomes the picture; its account stays."""
        assert self.result is not None
        return Work(picture=self.result.image, account=self.account)

    def _accounted(self, rows: Rows) -> Work:
        return replace(self, account=(*self.account, *rows)[-KEPT:])


def edge_fields(*, dilate: int | None, feather: int | None, operation: Operation) -> dict[str, int]:
    """The fields of the two sliders that the operation takes; None (automatic) is left to the server."""
    given = {"dilate": dilate if operation in ("remove", "fill") else None, "feather": feather}
    return {name: value for name, value in given.items() if value is not None}


def loading(models: list[Mapping[str, Any]], task: str) -> str:
    """The variant that has to be loaded before the task can be answered; empty when a rung is ready or none is known.

    models: as `GET /v1/models` gives them, best rung first.
    """
    rungs = [model for model in models if model["task"] == task and model["feasible"]]
    states = [(model["variant"], (model["state"] or {}).get("state", "unloaded")) for model in rungs]
    if not states or states[0][1] == "ready":
        return ""
    return str(states[0][0])


def _mock(rows: Rows) -> bool:
    return any(row["kind"] == "mock" for row in rows)
