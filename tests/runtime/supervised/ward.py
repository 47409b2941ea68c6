"""Models that fall ill, each in one way, run inside real workers by the tests. Holds no tests.

A call is a ComputeInput whose `function` says what to do and whose `arguments` say with what.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
from pathlib import Path

from rung.runtime.model import Result
from rung.runtime.spec import Runtime
from rung.runtime.tasks import ComputeOutput

RUNTIMES = {"numpy": Runtime(name="numpy", modules=("numpy",))}
KEPT: list[bytearray] = []


def patient(input, call):
    """Does what it is told."""
    arguments = input.arguments
    if "began" in arguments:
        Path(arguments["began"]).touch()
    match input.function:
        case "echo":
            return ComputeOutput(value=arguments["value"])
        case "abort":
            os.abort()
        case "sleep":
            threading.Event().wait()
        case "hold-the-lock":
            ctypes.PyDLL(None).sleep(3600)
        case "wait-for":
            while not Path(arguments["path"]).exists():
                call.check()
                time.sleep(0.001)
            return ComputeOutput(value=arguments["value"])
        case "leak":
            KEPT.append(bytearray(b"x" * arguments["bytes"]))
            return ComputeOutput(value=os.getpid())
    raise AssertionError(input.function)


class Fragile:
    """Its load kills the process as long as a file says so."""

    def load(self, context):
        if Path(context.options["broken"]).exists():
            os.abort()

    def run(self, calls):
        for index, call in enumerate(calls):
            yield index, Result(patient(call.input, call))


class Kin:
    """Answers for the members of a group: which of them was meant, and in which process."""

    def load(self, context):
        self.names = sorted(context.members)

    def run(self, calls):
        for index, call in enumerate(calls):
            told = {"variant": call.variant, "pid": os.getpid(), "members": self.names, "batch": len(calls)}
            yield index, Result(ComputeOutput(value=told))


class Stuck:
    """Its load does not end, and holds the interpreter's lock meanwhile."""

    def load(self, context):
        Path(context.options["pid"]).write_text(str(os.getpid()))
        ctypes.PyDLL(None).sleep(3600)

    def run(self, calls):
        raise AssertionError("never loaded")
