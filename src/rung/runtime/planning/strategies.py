"""How a variant's components can be held on a device, what each way needs there and in RAM, what it costs a call."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import get_args

from rung.runtime.planning.groups import distinct
from rung.runtime.planning.words import size
from rung.runtime.spec import DeviceKind, Footprint, Slowdown, Strategy, Variant

STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
LINK = 6e9
"""Bytes per second from RAM to an accelerator: an assumption, a quarter of what PCIe 4.0 x16 can do, since a copy from
memory that is not pinned goes through the driver's own buffer."""
DISK = 1.5e9
"""Bytes per second from a cold local disk, measured on one machine of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A strategy with what it needs. footprint: on the device. ram: bytes beside it. moved: bytes per call.

    part: what is on the device at one time, in words.
    """

    strategy: Strategy
    footprint: Footprint
    ram: int = 0
    moved: int = 0
    part: str = ""

    @property
    def estimate(self) -> Slowdown | None:
        """Against `resident`, from the bytes that move; None where none do."""
        if not self.moved:
            return None
        rate, link = (DISK, "the disk") if self.strategy == "group-offload-disk" else (LINK, "the link to the device")
        formula = f"{size(self.moved)} moved per call / {rate / 1e9:.1f} GB/s assumed of {link}"
        return Slowdown(seconds=self.moved / rate, source="estimate", sentence=f"estimated: {formula}")


def holdings(variant: Variant, footprint: Footprint, kind: DeviceKind) -> tuple[Holding, ...]:
    """Every way that exists for this variant on that kind of device, the fastest first.

    footprint: of `resident`. Where the device's memory is the RAM, moving a component between the two saves nothing,
    so only the disk is left. A disk needs files: components that name none cannot come from it.
    """
    parts = distinct(variant.components)
    ways = [Holding(strategy="resident", footprint=footprint)]
    if parts and kind == "cuda":
        ways += [_by_component(variant, footprint), _by_block(variant, footprint)]
    if parts and all(component.weights for component in parts):
        ways.append(_from_disk(variant, footprint))
    return tuple(ways)


def _by_component(variant: Variant, footprint: Footprint) -> Holding:
    """Each component comes to the device once per call, alone."""
    largest, whole = max(distinct(variant.components), key=lambda c: c.bytes), whole_of(variant)
    return Holding(
        strategy="component-offload",
        footprint=_holding(variant, footprint, largest.bytes),
        ram=whole,
        moved=whole,
        part=f"{largest.name} {size(largest.bytes)} alone",
    )


def _by_block(variant: Variant, footprint: Footprint) -> Holding:
    """Every block comes to the device at each pass through it."""
    parts = distinct(variant.components)
    block = max(component.block or component.bytes for component in parts)
    return Holding(
        strategy="sequential-offload",
        footprint=_holding(variant, footprint, block),
        ram=whole_of(variant),
        moved=sum(component.bytes * component.passes for component in parts),
        part=f"one block of {size(block)} at a time",
    )


def _from_disk(variant: Variant, footprint: Footprint) -> Holding:
    """The same from the files, through a buffer in RAM as large as one block."""
    by_block = _by_block(variant, footprint)
    block = max(component.block or component.bytes for component in variant.components)
    return replace(by_block, strategy="group-offload-disk", ram=block)


def whole_of(variant: Variant) -> int:
    """Bytes of all components, equal ones once."""
    return sum(component.bytes for component in distinct(variant.components))


def _holding(variant: Variant, footprint: Footprint, held: int) -> Footprint:
    """What is no component (libraries, a CUDA context) stays, and `held` bytes of components at a time."""
    return replace(footprint, resident=max(0, footprint.resident - whole_of(variant)) + held)
