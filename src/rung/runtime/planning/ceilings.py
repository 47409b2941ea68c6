"""What a worker is held to beside its device: how much memory it may take, and which bytes its files must be."""

from __future__ import annotations

from collections.abc import Mapping

from rung.runtime.planning.ground import Ground
from rung.runtime.spec import LARGEST_PIXELS, Device, Footprint, GiB, Variant

SLACK = GiB
"""On top of twice the peak: what libraries reserve and never touch (stacks, arenas) counts against the ceiling."""


def memory_limit(variant: Variant, device: Device, footprint: Footprint, ground: Ground) -> int | None:
    """Bytes that its worker may hold beyond what it starts with.

    What the user says; else, on a CPU, twice its peak for the largest input and some slack, at most all RAM there is:
    far enough from the footprint that a wrong figure does no harm, near enough that a leak ends its own worker and not
    its neighbours. None on other devices, whose drivers map far more than they use.
    """
    wished = ground.wishes(variant).memory_limit
    if wished is not None or device.kind != "cpu":
        return wished
    derived = 2 * footprint.peak(LARGEST_PIXELS) + SLACK
    total = ground.machine.ram_total
    return derived if total is None else min(derived, total)


def weight_hashes(variant: Variant, paths: Mapping[str, str], ground: Ground) -> Mapping[str, str]:
    """Weights.name -> sha256, for the files of our store.

    A file that the user put in place of ours is used as it is, whichever variant's section names it.
    """
    own = {path for wishes in ground.settings.variants.values() for path in wishes.weights.values()}
    return {w.name: w.sha256 for w in variant.weights if w.name in paths and paths[w.name] not in own}
