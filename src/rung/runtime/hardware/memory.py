"""How much RAM there is and how much is free now, as the control groups and other processes leave it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from rung.runtime.hardware.cgroup import memory_limits, read_text


@dataclass(frozen=True, slots=True)
class Ram:
    """Bytes; None is unknown. total and free: what is ours. host: what the machine itself has."""

    total: int | None
    free: int | None
    host: int | None


def ram(root: Path = Path("/")) -> Ram:
    """RAM now. Cheap enough to be asked again before a load.

    free: the smaller of the kernel's MemAvailable and what each control group has left.
    """
    info = _meminfo(root)
    host = info.get("MemTotal") or _pages(root)
    free = info.get("MemAvailable")
    limits = memory_limits(root)
    left = [max(0, limit.limit - limit.used) for limit in limits]
    return Ram(
        total=min([host, *(limit.limit for limit in limits)]) if host is not None else None,
        free=min([free, *left]) if free is not None else None,
        host=host,
    )


def _meminfo(root: Path) -> dict[str, int]:
    found = {}
    for line in (read_text(root / "proc/meminfo") or "").splitlines():
        name, _, value = line.partition(":")
        number = value.split()
        if number and number[0].isdecimal():
            found[name] = int(number[0]) * 1024
    return found


def _pages(root: Path) -> int | None:
    """Physical memory where there is no /proc (macOS); of this machine only, never of a test's tree."""
    if root != Path("/") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return None
    pages, page = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return pages * page if pages > 0 and page > 0 else None
