"""How long a test of this folder may take. Holds no tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable


def at_most(seconds: float) -> Callable[[Callable[..., Awaitable[None]]], Callable[..., Awaitable[None]]]:
    """A test that may take longer than the others."""

    def mark(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        test.seconds = seconds  # type: ignore[attr-defined]
        return test

    return mark
