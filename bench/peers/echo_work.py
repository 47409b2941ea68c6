"""What every service of the overhead benchmark does. numpy only: each runs under its own interpreter."""

from __future__ import annotations

import time

import numpy as np

BATCH = 8
WAIT_MS = 2
"""For a batch to fill, where a server asks for it."""
NAP_S = 0.010
"""Of one batch, whatever its size: a model that takes as long for eight as for one."""


def invert(data: bytes) -> bytes:
    """Every byte from 255."""
    return np.subtract(255, np.frombuffer(data, np.uint8), dtype=np.uint8).tobytes()


def nap(items: list[int]) -> list[int]:
    """Each plus one, after a while."""
    time.sleep(NAP_S)
    return [item + 1 for item in items]
