"""The catalogue as installed: our ladders, and what other packages add to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import entry_points

from rung.models.catalog import EXAMPLE, LADDERS
from rung.runtime.errors import ConfigError
from rung.runtime.spec import Variant

Ladders = Mapping[str, tuple[Variant, ...]]


def ladders() -> Ladders:
    """The catalogue's ladders with the variants that installed packages add (entry points `rung.models`).

    An entry point names a tuple of Variant; each joins the foot of its task's ladder, or stands where
    `[task.NAME] ladder` puts it. Raises ConfigError for a name that exists already.
    """
    found = dict(LADDERS)
    names = {v.name for ladder in found.values() for v in ladder}
    for entry in entry_points(group="rung.models"):
        for variant in entry.load():
            if variant.name in names:
                raise ConfigError(f"{entry.value} adds a variant {variant.name!r}, which exists already; rename it")
            names.add(variant.name)
            found[variant.task] = (*found.get(variant.task, ()), variant)
    return {task: tuple(_with_example(variant) for variant in ladder) for task, ladder in found.items()}


def _with_example(variant: Variant) -> Variant:
    return variant if variant.example else replace(variant, example=EXAMPLE)


def by_name(ladders: Ladders) -> dict[str, Variant]:
    """Every variant of the ladders by name."""
    return {v.name: v for ladder in ladders.values() for v in ladder}
