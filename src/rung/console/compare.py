"""Owns the comparison of two pictures with a slider."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui.element import Element

from rung.console.words import FRAME, Language, say


class Compare(Element, component="static/compare.js"):
    """`before` at the left of the slider, `after` at its right. width, height: of both, in pixels.

    start: where the slider stands at first, per cent of the width. on_lost: `after` could not be fetched or read.
    """

    def __init__(
        self,
        *,
        before: str,
        after: str,
        width: int,
        height: int,
        start: float,
        language: Language,
        on_lost: Callable[[], Any],
    ) -> None:
        super().__init__()
        self._props.update(before=before, after=after, width=width, height=height, start=start)
        self._props.update(
            label=say(FRAME, language, "compare"),
            before_label=say(FRAME, language, "before"),
            after_label=say(FRAME, language, "after"),
        )
        self.on("lost", lambda: on_lost())
