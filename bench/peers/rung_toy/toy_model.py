"""The toy's model: the digest of the bytes that it is given as a picture, and who computed it."""

import numpy as np
from work import answer

from rung.runtime.model import Call
from rung.runtime.tasks import MatteInput, MatteOutput


def digest(input: MatteInput, call: Call[MatteInput]) -> MatteOutput:
    """alpha: 32 bytes of the digest, 4 of the process id. width: how often it is digested."""
    found = answer(input.picture.data.decode(), input.picture.width)
    said = bytes.fromhex(str(found["sha256"])) + int(str(found["pid"])).to_bytes(4, "little")
    return MatteOutput(alpha=np.frombuffer(said, np.uint8)[None], width=len(said), height=1)
