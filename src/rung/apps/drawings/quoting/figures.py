"""Figures as a quotation writes them: as they are, never rounded to what they are not."""

from __future__ import annotations


def figure(value: float) -> str:
    """A number with its thousands parted: 1,500 or 850.5."""
    return f"{value:,.10g}"


def percent(value: float) -> str:
    """A share as a percentage: 8% or 2.5%."""
    return f"{100 * value:.10g}%"
