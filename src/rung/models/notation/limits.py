"""Limits of fits by nominal size, from the tables of ISO 286."""

from __future__ import annotations


def deviations(fit: str, nominal_mm: float) -> tuple[float, float] | None:
    """Upper and lower deviation in millimetres; of the hole where a fit names both. None: not in the tables."""
    return None
