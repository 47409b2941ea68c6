"""What this process's control groups leave it of memory and cores, for version 1 and version 2.

Every path is below `root`, so that a test can lay out a tree of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_UNLIMITED = 1 << 60
"""Version 1 writes "no limit" as 2**63 rounded down to a page; nothing real is this large."""


@dataclass(frozen=True, slots=True)
class MemoryLimit:
    """One group's limit and what its processes hold now that the kernel could not take back; bytes."""

    limit: int
    used: int


def read_text(path: Path) -> str | None:
    """A small file's text without blanks at its ends; None where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def read_int(path: Path) -> int | None:
    """The whole number in a file; None where there is none (`max` means no limit)."""
    text = read_text(path)
    return int(text) if text is not None and text.lstrip("-").isdecimal() else None


def memory_limits(root: Path) -> list[MemoryLimit]:
    """The limit of our group and of each group above it, where one is set."""
    found = [_memory_v2(folder) for folder in _folders(root, "")]
    found += [_memory_v1(folder) for folder in _folders(root, "memory")]
    return [limit for limit in found if limit is not None]


def oom_kills(root: Path = Path("/")) -> int | None:
    """How many processes of our group the kernel has ended for lack of memory so far; None where it does not say.

    Without control groups the whole machine's count.
    """
    counts = (
        _counted(_folders(root, "")[0] / "memory.events", "oom_kill"),
        _counted(_folders(root, "memory")[0] / "memory.oom_control", "oom_kill"),
        _counted(root / "proc/vmstat", "oom_kill"),
    )
    return next((count for count in counts if count is not None), None)


def core_quota(root: Path) -> float | None:
    """The smallest quota of CPU time among our groups, in cores; None where none is set."""
    quotas = [_quota_v2(folder) for folder in _folders(root, "")]
    for controller in ("cpu", "cpu,cpuacct"):
        quotas += [_quota_v1(folder) for folder in _folders(root, controller)]
    return min((q for q in quotas if q is not None), default=None)


def allowed_cores(root: Path) -> int | None:
    """How many cores the affinity and the cpuset leave us; None where the kernel does not say."""
    for line in (read_text(root / "proc/self/status") or "").splitlines():
        name, _, value = line.partition(":")
        if name == "Cpus_allowed_list":
            return sum(_span(part) for part in value.strip().split(",") if part) or None
    return None


def _span(part: str) -> int:
    first, _, last = part.partition("-")
    return int(last or first) - int(first) + 1


def _folders(root: Path, controller: str) -> list[Path]:
    """Our group's folder and every one above it, for that controller; version 2 for an empty name.

    A container often sees its own group as the root of the mount while /proc still names the host's
    path, so a path that is not below the mount falls back to the mount.
    """
    mount = root / "sys/fs/cgroup" / controller
    inner = _group(root, controller)
    own = mount / inner if inner and (mount / inner).is_dir() else mount
    return [own, *(p for p in own.parents if p == mount or mount in p.parents)]


def _group(root: Path, controller: str) -> str:
    wanted = set(controller.split(",")) if controller else {""}
    for line in (read_text(root / "proc/self/cgroup") or "").splitlines():
        _, names, path = (*line.split(":", 2), "", "")[:3]
        if wanted <= set(names.split(",")):
            return path.lstrip("/")
    return ""


def _memory_v2(folder: Path) -> MemoryLimit | None:
    limit, used = read_int(folder / "memory.max"), read_int(folder / "memory.current")
    return _memory(limit, used, folder / "memory.stat", "inactive_file")


def _memory_v1(folder: Path) -> MemoryLimit | None:
    limit, used = read_int(folder / "memory.limit_in_bytes"), read_int(folder / "memory.usage_in_bytes")
    return _memory(limit, used, folder / "memory.stat", "total_inactive_file")


def _memory(limit: int | None, used: int | None, stat: Path, cache: str) -> MemoryLimit | None:
    if limit is None or limit >= _UNLIMITED:
        return None
    # Inactive page cache counts as used but is given back on demand.
    return MemoryLimit(limit, max(0, (used or 0) - _stat(stat, cache)))


def _stat(path: Path, name: str) -> int:
    return _counted(path, name) or 0


def _counted(path: Path, name: str) -> int | None:
    for line in (read_text(path) or "").splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return int(value)
    return None


def _quota_v2(folder: Path) -> float | None:
    quota, _, period = (read_text(folder / "cpu.max") or "max").partition(" ")
    return int(quota) / int(period or 100_000) if quota.isdecimal() else None


def _quota_v1(folder: Path) -> float | None:
    quota, period = read_int(folder / "cpu.cfs_quota_us"), read_int(folder / "cpu.cfs_period_us")
    return quota / period if quota and period and quota > 0 else None
