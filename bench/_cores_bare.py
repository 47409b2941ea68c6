"""The workers of bench/cores.py without Rung: bare processes that run the model when a byte comes, one at a time.

What is lost when they take turns is lost to the cores' caches and to the kernel, whoever decides on the turns.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import numpy as np


@contextmanager
def processes(weights: str, threads: int, count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many of them, each with the model loaded."""
    command = [sys.executable, __file__, weights, str(threads)]
    with ExitStack() as stack:
        started = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(count)]
        for process in started:
            stack.enter_context(process)
            stack.callback(process.kill)
        for process in started:
            _word(process)
        yield started


def rounds_s(some: Sequence[subprocess.Popen[bytes]], until: float) -> list[float]:
    """They take turns until then; the seconds of each round, which is what each of its callers waits."""
    found = []
    while (began := time.monotonic()) < until:
        for process in some:
            assert process.stdin is not None
            os.write(process.stdin.fileno(), b".")
            _word(process)
        found.append(time.monotonic() - began)
    return found


def _word(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    if not os.read(process.stdout.fileno(), 1):
        raise RuntimeError("a bare process is gone")


def _serve(weights: str, threads: int) -> None:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(weights, options)
    side = session.get_inputs()[0].shape[0]
    x = np.full((side, side), 1 / side, np.float32)
    os.write(1, b".")
    while os.read(0, 1):
        session.run(None, {"x": x})
        os.write(1, b".")


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]))
