"""A model whose answer anybody can check, and which misbehaves when its input asks it to."""

from __future__ import annotations

import ctypes
import hashlib
import math
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rung.runtime.errors import OutOfMemory
from rung.runtime.model import Call, Context, Outcome, Progress, Result
from rung.runtime.tasks import ComputeInput, ComputeOutput

MiB = 1024 * 1024


class Toy:
    """sha256 of the text, again and again. `do` names a misdeed and its measure: `work 0.2`, `leak 10`."""

    def load(self, context: Context) -> None:
        """Note the load; fail as the flag file says."""
        self.journal = str(context.options.get("journal", ""))
        self.kept: list[bytes] = []
        self.device_full = 0
        _note(self.journal, "load", context.variant)
        flag = Path(str(context.options.get("flag", "")))
        word = flag.read_text().strip() if flag.is_file() else ""
        if word == "raise":
            raise RuntimeError("the flag file says that this model cannot be loaded")
        if word == "die":
            os.kill(os.getpid(), signal.SIGKILL)

    def run(self, calls: Sequence[Call[ComputeInput]]) -> Iterator[tuple[int, Outcome]]:
        """Each call's misdeed first, then its hash."""
        for index, call in enumerate(calls):
            arguments = call.input.arguments
            _note(self.journal, "run", arguments["text"])
            word, _, measure = str(arguments["do"]).partition(" ")
            yield index, Progress(0.5, word or "hashing")
            if word:
                _MISDEEDS[word](self, call, float(measure or 0))
            value: Any = digest(arguments["text"], int(arguments["rounds"]))
            yield index, Result(ComputeOutput(value=math.nan if word == "nan" else value))


def digest(text: str, rounds: int) -> str:
    """Hex sha256 of the text, hashed again `rounds` - 1 times."""
    value = hashlib.sha256(text.encode()).digest()
    for _ in range(rounds - 1):
        value = hashlib.sha256(value).digest()
    return value.hex()


def _note(journal: str, what: str, text: str) -> None:
    if journal:
        with open(journal, "ab", buffering=0) as file:  # one write, so that lines of two processes never mix
            file.write(f"{time.time():.6f} {os.getpid()} {what} {text[:200]}\n".encode())


# --- misdeeds -----------------------------------------------------------------------------------------------------


def _work(toy: Toy, call: Call[ComputeInput], seconds: float) -> None:
    """Real work of a core, looking up now and then as a good model does."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        hashlib.sha256(bytes(MiB // 4)).digest()
        call.check()


def _crash(toy: Toy, call: Call[ComputeInput], _: float) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _abort(toy: Toy, call: Call[ComputeInput], _: float) -> None:
    os.abort()


def _sleep(toy: Toy, call: Call[ComputeInput], seconds: float) -> None:
    time.sleep(seconds or 86_400)


def _hold(toy: Toy, call: Call[ComputeInput], _: float) -> None:
    """A loop in C that never lets go of the interpreter: PyDLL calls keep its lock."""
    ctypes.PyDLL(None).sleep(86_400)


def _leak(toy: Toy, call: Call[ComputeInput], mib: float) -> None:
    toy.kept.append(os.urandom(1) * int(mib * MiB))


def _allocate(toy: Toy, call: Call[ComputeInput], _: float) -> None:
    while True:
        toy.kept.append(b"\x01" * (16 * MiB))
        time.sleep(0.001)


def _full(toy: Toy, call: Call[ComputeInput], times: float) -> None:
    """What a graphics card's library raises when its memory is used up; only the first `times` times."""
    toy.device_full += 1
    if toy.device_full <= times:
        raise OutOfMemory("the device has 0 bytes free and 1 more was asked for")


def _raise(toy: Toy, call: Call[ComputeInput], _: float) -> None:
    raise ValueError("the model was asked to raise")


def _nan(toy: Toy, call: Call[ComputeInput], _: float) -> None:
    """Nothing now: the answer itself is what is wrong."""


_MISDEEDS: Mapping[str, Callable[[Toy, Call[ComputeInput], float], None]] = {
    "work": _work,
    "crash": _crash,
    "abort": _abort,
    "sleep": _sleep,
    "hold": _hold,
    "leak": _leak,
    "allocate": _allocate,
    "full": _full,
    "raise": _raise,
    "nan": _nan,
}
