"""What every service of the restart benchmark answers. Standard library only: each runs under its own interpreter."""

from __future__ import annotations

import hashlib
import os


def digest(text: str, times: int) -> str:
    """The sha256 of the text, of that digest again, and so on: `times` says how long it takes."""
    found = hashlib.sha256(text.encode()).digest()
    for _ in range(times - 1):
        found = hashlib.sha256(found).digest()
    return found.hex()


def answer(text: str, times: int) -> dict[str, object]:
    """With the process that computed it, which is the one to kill."""
    return {"sha256": digest(text, times), "pid": os.getpid()}
