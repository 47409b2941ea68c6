"""Owns how figures are written in the scheduler's sentences."""

from __future__ import annotations


def mib(size: int) -> str:
    """Bytes in MiB."""
    return f"{size / 2**20:,.0f} MiB"


def seconds(duration: float) -> str:
    """A duration, finer where it is short."""
    return f"{duration:.2f} s" if duration < 10 else f"{duration:,.0f} s"
