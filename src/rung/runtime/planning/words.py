"""How planning writes numbers in its sentences."""

from __future__ import annotations

from rung.runtime.spec import GiB, MiB


def size(count: int) -> str:
    """Bytes for people: `512 MiB`, `7.9 GiB`."""
    return f"{count / GiB:.1f} GiB" if count >= GiB else f"{count / MiB:.0f} MiB"


def sizes(one: int, other: int) -> tuple[str, str]:
    """Two different byte counts, with as many digits as show that they differ."""
    if size(one) != size(other):
        return size(one), size(other)
    unit, name = (GiB, "GiB") if max(one, other) >= GiB else (MiB, "MiB")
    for digits in range(1, 10):
        shown = f"{one / unit:.{digits}f} {name}", f"{other / unit:.{digits}f} {name}"
        if shown[0] != shown[1]:
            return shown
    return f"{one} bytes", f"{other} bytes"


def listed(names: tuple[str, ...] | list[str]) -> str:
    """`a`, `a and b`, `a, b and c`; `nothing` for none."""
    if len(names) < 2:
        return "".join(names) or "nothing"
    return f"{', '.join(names[:-1])} and {names[-1]}"
