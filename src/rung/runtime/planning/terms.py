"""How a variant would be run at a place, and what was measured of exactly that.

The terms name everything that moves a figure and that a user or a later catalogue may change: threads, caps, options,
strategy, and the weights. What was measured on other terms, another precision or other hardware never counts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rung.runtime.planning.budgets import threads_for
from rung.runtime.planning.ground import Ground
from rung.runtime.spec import Device, Footprint, Latency, Measured, Placeable, Strategy, Subject, Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the worker is told beside device and precision. cut: what was asked for and could not be granted."""

    threads: int
    caps: Mapping[str, int]
    options: Mapping[str, Any]
    warmup: int
    cut: str


def terms_of(variant: Variant, place: Placeable, ground: Ground) -> Terms:
    """The catalogue's terms with the user's wishes over them."""
    wishes = ground.wishes(variant)
    options = {**variant.options, **wishes.options}
    stated = options.get("threads")
    wanted = wishes.threads or (stated if isinstance(stated, int) else None)
    threads = threads_for(variant, place.device, wanted, ground.threads)
    return Terms(
        threads=threads,
        caps={**place.caps, **wishes.caps},
        options=options,
        warmup=variant.warmup if wishes.warmup is None else wishes.warmup,
        cut=f"{wanted} threads were asked for, {threads} are all there are." if wanted and wanted > threads else "",
    )


def subject_of(
    variant: Variant, place: Placeable, device: Device, ground: Ground, strategy: Strategy = "resident"
) -> Subject:
    """What measurements of the variant at that place are filed under."""
    return Subject(
        hardware=ground.machine.hardware(device),
        variant=variant.name,
        device=place.device,
        precision=place.precision,
        terms=_words(terms_of(variant, place, ground), strategy, _weights(variant, ground)),
    )


def measured_of(
    variant: Variant, place: Placeable, device: Device, ground: Ground, strategy: Strategy = "resident"
) -> Measured:
    """What this hardware showed; nothing where it was not measured on these terms."""
    return ground.facts.measured.get(subject_of(variant, place, device, ground, strategy), Measured())


def footprint_of(
    variant: Variant,
    place: Placeable,
    device: Device,
    ground: Ground,
    strategy: Strategy = "resident",
    otherwise: Footprint | None = None,
) -> Footprint:
    """The measured figures of this hardware, else `otherwise`, else the catalogue's.

    A worker that is a group's was measured with all that it holds, which is no figure of one member.
    """
    measured = None if variant.group else measured_of(variant, place, device, ground, strategy).footprint
    return measured or otherwise or place.footprint


def latency_of(
    variant: Variant, place: Placeable, device: Device, ground: Ground, strategy: Strategy = "resident"
) -> Latency | None:
    """The measured line of this hardware, else the catalogue's one figure; None where nobody measured."""
    measured = measured_of(variant, place, device, ground, strategy).latency
    return measured or (None if place.latency_s is None else Latency(fixed=place.latency_s))


def _words(terms: Terms, strategy: Strategy, weights: str) -> str:
    """In one order, so that the same terms are the same text."""
    named: dict[str, Any] = {f"caps.{key}": value for key, value in terms.caps.items()}
    named |= {f"options.{key}": value for key, value in terms.options.items()}
    named |= {"threads": terms.threads, "weights": weights}
    if terms.warmup:
        named["warmup"] = terms.warmup
    if strategy != "resident":
        named["strategy"] = strategy
    return " ".join(f"{key}={json.dumps(value, sort_keys=True, default=repr)}" for key, value in sorted(named.items()))


def _weights(variant: Variant, ground: Ground) -> str:
    """A short name of the bytes: their hashes, and the paths of the user's own files; empty without weights."""
    named = [f"{w.name}:{w.sha256}" for w in variant.weights]
    named += [f"{name}:{path}" for name, path in sorted(ground.wishes(variant).weights.items())]
    return hashlib.sha256("\n".join(named).encode()).hexdigest()[:12] if named else ""
