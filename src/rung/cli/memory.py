"""Owns how the server's own process holds its memory: what never goes, and what is kept for the next request."""

from __future__ import annotations

import ctypes
import gc

from rung.runtime.spec import MiB

KEPT = 32 * MiB
"""Of freed memory that the process keeps at hand, and the size from which a piece is given back at once."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8


def settle() -> None:
    """What has been made up to here stays, so no later collection need look at it again.

    Each full one did, and every caller waited for it: 0.1 s every two seconds at 500 requests a second. In
    bench/overhead.py (10 ms nap, 16 clients) the 99th percentile was 120 ms, and is 48 ms.
    """
    gc.collect()
    gc.freeze()


def keep_pages() -> bool:
    """Let the C library keep up to KEPT of freed memory. False where it takes no such wish (musl, macOS).

    As it comes, glibc gives every freed megabyte back to the kernel, and the next request's megabyte is made of fresh
    pages that are zeroed one by one: joining a body of 1 MiB took 0.9 ms of CPU instead of 0.1 (mallopt(3)).

    All threads have one heap. With one for each, as glibc has it, what one has freed is of no use to another, and more
    of it lies idle: 5.3 MB instead of 1.4 after 900 swaps. They hardly meet there: Python runs one at a time.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return False
    return all(
        bool(mallopt(what, value))
        for what, value in ((_M_MMAP_THRESHOLD, KEPT), (_M_TRIM_THRESHOLD, KEPT), (_M_ARENA_MAX, 1))
    )
