"""The catalogue as installed: our ladders, what other packages add to them, what was quantized here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import entry_points

from rung.models.catalog import EXAMPLE, LADDERS
from rung.runtime.config import cache_folder
from rung.runtime.errors import ConfigError
from rung.runtime.spec import Variant
from rung.runtime.weights.quantized import left_out, records, with_quantized
from rung.runtime.weights.store import layout_in

Ladders = Mapping[str, tuple[Variant, ...]]


def ladders() -> Ladders:
    """The catalogue's ladders with the variants that installed packages add (entry points `rung.models`).

    An entry point names a tuple of Variant; each joins the foot of its task's ladder, or stands where
    `[task.NAME] ladder` puts it. What `rung weights quantize` made stands right below its source.
    Raises ConfigError for a name that exists already.
    """
    made, _ = records(layout_in(cache_folder()))
    return with_quantized(_with_examples(_catalogue()), made)


def _catalogue() -> dict[str, tuple[Variant, ...]]:
    """Without what was quantized here."""
    found = dict(LADDERS)
    names = {v.name for ladder in found.values() for v in ladder}
    for entry in entry_points(group="rung.models"):
        for variant in entry.load():
            if variant.name in names:
                raise ConfigError(f"{entry.value} adds a variant {variant.name!r}, which exists already; rename it")
            names.add(variant.name)
            found[variant.task] = (*found.get(variant.task, ()), variant)
    return found


def left_out_records() -> tuple[str, ...]:
    """A sentence for each record of a quantization whose variant is in no ladder, damaged ones among them."""
    made, damaged = records(layout_in(cache_folder()))
    return (*damaged, *left_out(_catalogue(), made))


def _with_examples(ladders: Ladders) -> Ladders:
    return {task: tuple(_with_example(variant) for variant in ladder) for task, ladder in ladders.items()}


def _with_example(variant: Variant) -> Variant:
    return variant if variant.example else replace(variant, example=EXAMPLE)


def by_name(ladders: Ladders) -> dict[str, Variant]:
    """Every variant of the ladders by name."""
    return {v.name: v for ladder in ladders.values() for v in ladder}
