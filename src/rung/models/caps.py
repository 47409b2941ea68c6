"""Says that an answer was worked out smaller than it was asked for."""

from __future__ import annotations

from typing import Any

from rung.runtime.model import Call


def warn_of_side(call: Call[Any], what: str, width: int, height: int, side: int) -> None:
    """A warning where `side`, the cap on the working side, is below the input's longer side (all in pixels)."""
    if max(width, height) > side:
        call.warn(f"{what} of {width} x {height} pixels was worked on at a longer side of {side} and enlarged again")
