"""The drills, in the order of their numbers."""

from __future__ import annotations

from drills import (
    d01_worker_killed,
    d02_poison,
    d03_load,
    d04_memory,
    d05_device_memory,
    d06_hang,
    d07_leak,
    d08_disk_full,
    d09_drain,
    d10_server_killed,
    d11_power,
    d12_bombs,
    d13_traversal,
    d14_ssrf,
    d15_oversized,
    d16_slow,
    d17_malformed,
    d18_not_finite,
    d19_clock,
    d22_zombies,
    d23_disconnect,
    d24_duplicates,
    d25_overload,
    d26_descriptors,
    d27_upgrade,
    d29_secrets,
    d31_drawing,
)
from drills.drill import Drill

DRILLS: tuple[Drill, ...] = tuple(
    module.DRILL
    for module in (
        d01_worker_killed,
        d02_poison,
        d03_load,
        d04_memory,
        d05_device_memory,
        d06_hang,
        d07_leak,
        d08_disk_full,
        d09_drain,
        d10_server_killed,
        d11_power,
        d12_bombs,
        d13_traversal,
        d14_ssrf,
        d15_oversized,
        d16_slow,
        d17_malformed,
        d18_not_finite,
        d19_clock,
        d22_zombies,
        d23_disconnect,
        d24_duplicates,
        d25_overload,
        d26_descriptors,
        d27_upgrade,
        d29_secrets,
        d31_drawing,
    )
)
