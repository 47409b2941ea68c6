"""What every decision of planning looks at, gathered once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rung.runtime.settings import Settings, VariantSettings
from rung.runtime.spec import Facts, Machine, Runtime, Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The machine, the user's wishes and the facts. budgets: bytes per allowed device id, where known."""

    machine: Machine
    settings: Settings
    facts: Facts
    runtimes: Mapping[str, Runtime]
    budgets: Mapping[str, int]
    threads: int

    def wishes(self, variant: Variant) -> VariantSettings:
        """What the user fixes for this variant."""
        return self.settings.variants.get(variant.name, VariantSettings())

    def option(self, variant: Variant, name: str) -> object:
        """The user's value of an option, else the variant's; None where neither has one."""
        return {**variant.options, **self.wishes(variant).options}.get(name)

    def preloaded_on(self, variant: Variant) -> frozenset[str]:
        """The device ids, or ALL, that [machine] preload names for it."""
        return frozenset(p.device for p in self.settings.machine.preload if p.variant == variant.name and p.device)
