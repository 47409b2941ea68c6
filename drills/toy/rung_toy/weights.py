"""The toy's weight file: 64 KiB that anybody can make again."""

from __future__ import annotations

import hashlib

NAME = "toy/toy.bin"


def content() -> bytes:
    """The whole file."""
    return b"".join(hashlib.sha256(b"toy %d" % block).digest() for block in range(2048))


SIZE = len(content())
SHA256 = hashlib.sha256(content()).hexdigest()
