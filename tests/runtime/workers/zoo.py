"""Small models, each with one behaviour, run inside real workers by the tests. Holds no tests."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from rung.runtime.errors import InvalidInput, OutOfMemory
from rung.runtime.model import Error, Part, Progress, Result
from rung.runtime.spec import Runtime
from rung.runtime.tasks import ComputeInput, ComputeOutput, InpaintOutput

RUNTIMES = {
    "numpy": Runtime(name="numpy", modules=("numpy",)),
    "pictures": Runtime(name="pictures", modules=("numpy", "PIL.Image", "cv2"), extra="vision"),
    "unsafe": Runtime(name="unsafe", modules=("numpy",), fork=False),
    "lost": Runtime(name="lost", modules=("numpy", "no_such_library"), extra="lost"),
    "slow": Runtime(name="slow", modules=("never_imported",)),
}


def invert(input, call):
    return InpaintOutput(pixels=255 - input.pixels)


def inverts_in_place(input, call):
    return InpaintOutput(pixels=np.subtract(255, input.pixels, out=call.empty(input.pixels.shape)))


def answers_in_place_and_beside(input, call):
    """Of `beside` bytes only the first part may lie in the room of `size` bytes."""
    room, beside = call.empty(input.arguments["size"]), np.full(input.arguments["beside"], 7, np.uint8)
    room[:] = 3
    return ComputeOutput(value=[room, beside, room[::2], room[5:10]])


def fails_with_its_answer_begun(input, call):
    call.empty(1_000_000)[:] = 1
    raise KeyError("later")


def keeps_its_answer(input, call):
    return ComputeOutput(value=call.memo("answer:kept", lambda: call.empty(100_000)[10:]))


def echo(input, call):
    return ComputeOutput(value=input.arguments["value"])


def noisy(input, call):
    print("hello from Python")
    ctypes.CDLL(None).puts(b"hello from C")
    ctypes.CDLL(None).fflush(None)
    os.write(2, b"hello from the descriptor\n")
    return invert(input, call)


def waits(input, call):
    """Runs until it is told not to."""
    Path(input.arguments["began"]).write_text("yes")
    while True:
        call.check()
        time.sleep(0.001)


def hangs(input, call):
    Path(input.arguments["began"]).write_text("yes")
    threading.Event().wait()


def aborts(input, call):
    os.abort()


def fails(input, call):
    raise ValueError("no such colour")


def refuses(input, call):
    raise InvalidInput("the mask is empty", field="mask")


def runs_out_of_memory(input, call):
    return ComputeOutput(value=np.empty(1 << 60, np.uint8))


def writes_to_its_input(input, call):
    input.pixels[0, 0, 0] = 1
    return InpaintOutput(pixels=input.pixels)


def wrong_type(input, call):
    return 7


def cannot_be_sent(input, call):
    return ComputeOutput(value=object())


def keeps_its_input(input, call):
    return ComputeOutput(value=call.memo("pixels:1", lambda: input.arguments["value"]).shape)


def remembers(input, call):
    """The number of times that the value had to be made."""
    made = []
    call.memo(f"embedding:{input.arguments['key']}", lambda: made.append(1) or 1)
    call.warn("checked")
    call.warn("checked")
    return ComputeOutput(value=len(made))


class Meets:
    """Every call waits until `together` of them run at once."""

    def load(self, context):
        self.barrier = threading.Barrier(context.options["together"])

    def run(self, calls):
        for index, _ in enumerate(calls):
            self.barrier.wait(timeout=5)
            yield index, Result(ComputeOutput(value=threading.active_count()))


class Streams:
    def load(self, context):
        pass

    def run(self, calls):
        for index, call in enumerate(calls):
            yield index, Progress(0.5, "half")
            yield index, Part(np.full(40000, index, np.uint8))
            yield index, Result(ComputeOutput(value=call.id))


class Batch:
    """Counts how many calls it was given at once; a call may fail in three ways, or be left out."""

    def load(self, context):
        self.seen = []

    def run(self, calls):
        self.seen.append(len(calls))
        for index, call in enumerate(calls):
            match call.input.arguments["value"]:
                case "error":
                    yield index, Error(InvalidInput("this one is wrong"))
                case "raise":
                    raise RuntimeError("this one broke")
                case "silence":
                    continue
                case value:
                    call.check()
                    yield index, Result(ComputeOutput(value=(value, list(self.seen))))


class Stacks:
    """Works on the rows of a batch as one array. A call may hold the worker until a file is there, or be refused."""

    def load(self, context):
        self.seen = []

    def run(self, calls):
        self.seen.append(len(calls))
        for call in calls:
            until = call.input.arguments.get("until")
            while until and not Path(until).exists():
                call.check()
                time.sleep(0.001)
        rows = np.stack([call.input.arguments["row"] for call in calls])
        summed = np.cumsum(rows * rows, axis=1)
        for index, call in enumerate(calls):
            if call.input.arguments.get("refused"):
                yield index, Error(InvalidInput("this row is wrong"))
            else:
                yield index, Result(ComputeOutput(value=(summed[index], self.seen[-1])))


class Reports:
    """What is in force while the model loads."""

    def load(self, context):
        import cv2

        self.found = {
            "env": {name: os.environ.get(name) for name in context.options["names"]},
            "cv2": cv2.getNumThreads(),
            "blas": _blas_threads(),
            "device": context.device,
            "threads": context.threads,
            "numpy": "numpy" in sys.modules,
        }

    def run(self, calls):
        for index, _ in enumerate(calls):
            yield index, Result(ComputeOutput(value={**self.found, "torch": _torch_threads()}))


def _blas_threads():
    """What every OpenBLAS of this process says; numpy and cv2 bring one each."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    paths = {line.split(maxsplit=5)[5] for line in lines if "openblas" in line.rpartition("/")[2]}
    names = ("scipy_openblas_get_num_threads64_", "scipy_openblas_get_num_threads", "openblas_get_num_threads")
    found = []
    for library in map(ctypes.CDLL, paths):
        found += [getattr(library, name)() for name in names if hasattr(library, name)][:1]
    return found


def _torch_threads():
    torch = sys.modules.get("torch")
    return torch.get_num_threads() if torch is not None else None


class CannotLoad:
    def load(self, context):
        print("reading the weights")
        raise KeyError("encoder.weight")


class TooLarge:
    def load(self, context):
        self.weights = np.empty(1 << 60, np.uint8)


class SaysTooLarge:
    def load(self, context):
        raise OutOfMemory("needs 12 GiB, 2 GiB are free", needed=12, free=2)


class DiesLoading:
    def load(self, context):
        os.kill(os.getpid(), 9)


class Parent:
    """Starts a grandchild, and another that leaves the group."""

    def load(self, context):
        self.children = [
            subprocess.Popen(["sleep", "1000"]),
            subprocess.Popen(["sleep", "1000"], start_new_session=True),
        ]

    def run(self, calls):
        for index, _ in enumerate(calls):
            yield index, Result(ComputeOutput(value=[child.pid for child in self.children]))


class Descriptors:
    """How a grandchild sees the protocol: the sockets that an exec and a fork leave it."""

    def load(self, context):
        pass

    def run(self, calls):
        listing = ["ls", "-l", "/proc/self/fd"]
        by_exec = subprocess.run(listing, capture_output=True, text=True, close_fds=False).stdout
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.write(writing, repr([_target(fd) for fd in os.listdir("/proc/self/fd")]).encode())
            os._exit(0)
        os.wait()
        by_fork = os.read(reading, 65536).decode()
        for index, _ in enumerate(calls):
            yield index, Result(ComputeOutput(value=(by_exec, by_fork)))


def _target(fd):
    try:
        return os.readlink(f"/proc/self/fd/{fd}")
    except OSError:
        return ""


class SwallowsCancel:
    """A batch in which one call is cancelled while the model works."""

    def load(self, context):
        self.runs = 0

    def run(self, calls):
        self.runs += 1
        for index, call in enumerate(calls):
            if "began" in call.input.arguments:
                Path(call.input.arguments["began"]).write_text("yes")
                while True:
                    call.check()
                    time.sleep(0.001)
            yield index, Result(ComputeOutput(value=self.runs))


def tells_its_modules(input, call):
    """The interpreter, and the packages that it has loaded from outside the standard library."""
    loaded = {name.partition(".")[0] for name, module in sys.modules.items() if _is_installed(module)}
    loaded -= {"__main__"}
    return ComputeOutput(value=(sys.prefix, sorted(loaded)))


def _is_installed(module):
    file = getattr(module, "__file__", None) or ""
    return "site-packages" in file or f"{os.sep}rung{os.sep}" in file


# --- what goes wrong, and what must not ------------------------------------------------------------------


def takes(input, call):
    """Takes and touches so many bytes."""
    return ComputeOutput(value=int(np.ones(input.arguments["bytes"], np.uint8)[-1]))


def aborts_for_want_of_memory(input, call):
    """As a C++ library that nobody catches: operator new throws, the process is aborted."""
    new = ctypes.CDLL("libstdc++.so.6")._Znwm
    new.restype, new.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    new(1 << 40)


def ends_for_want_of_memory(input, call):
    """As when memory runs out where nothing of ours can catch it any more."""
    sys.stderr.write("Traceback (most recent call last):\nMemoryError\n")
    sys.stderr.flush()
    os._exit(1)


def exits(input, call):
    os._exit(3)


def maps(input, call):
    """A file as memory, read through."""
    return ComputeOutput(value=int(np.memmap(input.arguments["path"], np.uint8, "r").sum()))


class TakesWhileLoading:
    def load(self, context):
        self.weights = np.ones(context.options["bytes"], np.uint8)


def sleeps(input, call):
    """For ever, with a child, as a call that waits for what never comes."""
    _hang(input, lambda: time.sleep(1e9))


def holds_the_lock(input, call):
    """For ever in C without letting go of the interpreter: no other thread of this process runs, no signal handler."""
    _hang(input, lambda: ctypes.PyDLL(None).sleep(1_000_000))


def _hang(input, how):
    child = subprocess.Popen(["sleep", "1000"])
    beat = Path(input.arguments["beat"])
    threading.Thread(target=_beats, args=(beat,), daemon=True).start()
    while not beat.exists():
        time.sleep(0.001)
    Path(input.arguments["began"]).write_text(str(child.pid))
    how()


def _beats(beat):
    for number in range(1_000_000):
        beat.write_text(str(number))
        time.sleep(0.001)


def floods(input, call):
    """Writes to its stdout as fast as it can until it is told not to."""
    Path(input.arguments["began"]).write_text("yes")
    line = b"y\n" * 32768
    while True:
        call.check()
        os.write(1, line)


def talks_rubbish(input, call):
    """Writes bytes that are no frame to its own socket, and goes on living."""
    socket = next(int(fd) for fd in os.listdir("/proc/self/fd") if _target(fd).startswith("socket:"))
    os.write(socket, bytes.fromhex(input.arguments["bytes"]))
    threading.Event().wait()


def tells_about_itself(input, call):
    """What the kernel and the environment say of this process."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    mask = os.umask(0)
    os.umask(mask)
    folder = tempfile.gettempdir()
    Path(folder, "left").write_text("behind")
    return ComputeOutput(
        value={
            "env": dict(os.environ),
            "no_new_privs": status["NoNewPrivs"].strip(),
            "umask": mask,
            "core": resource.getrlimit(resource.RLIMIT_CORE),
            "oom": int(Path("/proc/self/oom_score_adj").read_text()),
            "folder": folder,
            "mode": os.stat(folder).st_mode & 0o777,
        }
    )


class ReadsItsFile:
    """The first bytes of the weight file, as a loader would see them."""

    def load(self, context):
        (self.path,) = context.weights.values()
        self.first = self.path.read_bytes()[:4]

    def run(self, calls):
        for index, _ in enumerate(calls):
            yield index, Result(ComputeOutput(value=self.first))


class Household:
    """Answers for a group: says who answered, and what it was told of each member."""

    def load(self, context):
        self.context = context

    def run(self, calls):
        for index, call in enumerate(calls):
            member = self.context.members[call.variant]
            call.held(member.fallbacks[0] if "short" in member.options else member.strategy)
            if "leaks" in member.options:
                call.retire("40 MiB did not come back")
            told = {
                "group": self.context.variant,
                "variant": member.variant,
                "components": [[c.name, c.bytes, c.key, list(c.weights)] for c in member.components],
                "weights": {name: str(path) for name, path in member.weights.items()},
                "options": dict(member.options),
                "caps": dict(member.caps),
                "room": self.context.room,
            }
            yield index, Result(ComputeOutput(value=told))


class Rehearses:
    """Has an example, remembers what it was run with, and goes wrong in warm-up as it is told."""

    def load(self, context):
        self.seen, self.wrong, self.made = [], context.options.get("wrong", ""), 0

    def example(self, pixels=None):
        if self.wrong == "no example":
            raise KeyError("photo.png")
        side = int((pixels or 100) ** 0.5)
        return ComputeInput(function="example", arguments={"value": np.zeros((side, side), np.uint8)})

    def run(self, calls):
        for index, call in enumerate(calls):
            call.memo("kept:1", self._make)
            self.seen.append((call.id.partition(" of ")[0], call.input.function))
            match self.wrong:
                case "raises":
                    raise KeyError("this one broke")
                case "error":
                    yield index, Error(InvalidInput("the picture is too small"))
                    continue
                case "memory":
                    yield index, Error(OutOfMemory("no room for it"))
                    continue
                case "silent":
                    continue
                case "slow":
                    while True:
                        call.check()
                        time.sleep(0.01)
            yield index, Result(ComputeOutput(value=[list(self.seen), self.made]))

    def _make(self):
        self.made += 1


def example_of_the_maker(task, pixels):
    return ComputeInput(function=f"made for {task}", arguments={"value": np.zeros((2, pixels or 7), np.uint8)})


def says_its_input(input, call):
    if input.arguments.get("grow"):
        np.ones(input.arguments["grow"], np.uint8)
    return ComputeOutput(value=input.function)


def an_example_that_costs(task, pixels):
    np.ones(200 << 20, np.uint8)
    time.sleep(0.3)
    return ComputeInput(function="cheap", arguments={})


def an_example_to_grow_by(task, pixels):
    return ComputeInput(function="grown", arguments={"grow": 100 << 20})


LITTER = 100 * 2**20


def litter():
    """LITTER bytes taken and freed in small pieces, one of them kept at the end of the heap: glibc keeps them all."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    pieces = [libc.malloc(100_000) for _ in range(LITTER // 100_000)]
    for piece in pieces:
        ctypes.memset(piece, 1, 100_000)
    for piece in pieces[:-1]:
        libc.free(ctypes.c_void_p(piece))


class LittersAtLoad:
    def load(self, context):
        litter()

    def run(self, calls):
        for index, _ in enumerate(calls):
            yield index, Result(ComputeOutput(value=None))


def litters(input, call):
    litter()
    return ComputeOutput(value=int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize())
