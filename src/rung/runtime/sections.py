"""How `rung.toml` calls a variant's own table, for sentences that a person copies. Pure."""

from __future__ import annotations

import re


def section(variant: str) -> str:
    """`[variant.u2net]`, and `[variant."qwen2.5-vl-7b"]`: a bare name with a dot would be a table within a table."""
    return f"[variant.{_key(variant)}]"


def inner(variant: str, table: str) -> str:
    """A table of it: `[variant.u2net.options]`."""
    return f"[variant.{_key(variant)}.{table}]"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else f'"{name}"'
