"""Owns the shape of an id: a UUID version 7, so that ids sort by the time they were made."""

from __future__ import annotations

import os
import time


def new_id(now_ns: int | None = None) -> str:
    """A fresh id; now_ns: Unix time in nanoseconds, for tests.

    RFC 9562, method 3: 48 bits of milliseconds, 12 bits of the millisecond's fraction (244 ns steps), 62 random bits.
    """
    ms, rest = divmod(time.time_ns() if now_ns is None else now_ns, 1_000_000)
    fraction = (rest << 12) // 1_000_000
    random = int.from_bytes(os.urandom(8)) >> 2
    # As str(UUID) has it, in a third of its time.
    text = f"{(ms & (1 << 48) - 1) << 80 | 7 << 76 | fraction << 64 | 2 << 62 | random:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
