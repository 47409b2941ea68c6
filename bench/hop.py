"""A 3 MB picture to a worker and back, inverted there: Rung's road beside four others, interleaved in one run.

Every road begins at an ordinary array of 1024x1024x3 uint8 in our memory (four take turns), and ends when we have
read every byte of the inverse. The bare round trip is the floor: the array written into a piece of shared memory,
inverted there in place by the child, read there in place, with one byte each way to say so. Rung's road also copies
it in; its model writes the answer into `call.empty`, which is read in place. The plain road has a model that
allocates its answer itself; the worker then copies it to shared memory.
A road's figure is the best of its rounds' medians: what others do on the machine disturbs a round, not the road.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import mmap
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import numpy as np

from _report import Figure, report
from rung.runtime.model import Call
from rung.runtime.spec import Footprint, Placement, Runtime, Variant
from rung.runtime.tasks import InpaintInput, InpaintOutput
from rung.runtime.workers.process import WorkerAnswer, WorkerCall
from rung.runtime.workers.template import Templates

SHAPE = (1024, 1024, 3)
SIZE = 1024 * 1024 * 3
ROUNDS = 12
TRIPS = {"json": 1, "pickle": 8, "copied": 20, "bare": 20, "rung": 20, "plain": 20}
"""Trips per round: the slow roads say the same with fewer."""
Road = Callable[[np.ndarray], Awaitable[np.ndarray]]


def invert(input: InpaintInput, call: Call[InpaintInput]) -> InpaintOutput:
    """The model of Rung's road."""
    return InpaintOutput(pixels=np.subtract(255, input.pixels, out=call.empty(SHAPE)))


def invert_plainly(input: InpaintInput, call: Call[InpaintInput]) -> InpaintOutput:
    """The same by one who never heard of `call.empty`."""
    return InpaintOutput(pixels=255 - input.pixels)


# --- the children of the other roads ------------------------------------------------------------------


def child_of_memory(fd: int, control: int) -> None:
    sock = socket.socket(fileno=control)
    picture = np.frombuffer(mmap.mmap(fd, SIZE), np.uint8)
    while sock.recv(1):
        np.subtract(255, picture, out=picture)
        sock.send(b"x")


def child_of_json() -> None:
    for line in sys.stdin:
        picture = np.frombuffer(base64.b64decode(json.loads(line)["pixels"]), np.uint8).reshape(SHAPE)
        print(json.dumps({"pixels": base64.b64encode((255 - picture).tobytes()).decode()}), flush=True)


def child_of_pickle(pipe: multiprocessing.connection.Connection) -> None:
    while (picture := pipe.recv()) is not None:
        pipe.send(255 - picture)


# --- the roads ----------------------------------------------------------------------------------------


def memory_roads(stack: AsyncExitStack) -> tuple[Road, Road]:
    """(in place, with a copy in and a copy out)"""
    fd = os.memfd_create("bench")
    os.ftruncate(fd, SIZE)
    ours, theirs = socket.socketpair()
    arguments = [sys.executable, __file__, "memory", str(fd), str(theirs.fileno())]
    child = subprocess.Popen(arguments, pass_fds=[fd, theirs.fileno()])
    theirs.close()
    stack.callback(lambda: (ours.close(), child.wait()))
    shared = np.frombuffer(mmap.mmap(fd, SIZE), np.uint8).reshape(SHAPE)

    async def in_place(picture: np.ndarray) -> np.ndarray:
        np.copyto(shared, picture)
        ours.send(b"x")
        ours.recv(1)
        return shared

    async def copied(picture: np.ndarray) -> np.ndarray:
        np.copyto(shared, picture)
        ours.send(b"x")
        ours.recv(1)
        return shared.copy()

    return in_place, copied


def json_road(stack: AsyncExitStack) -> Road:
    pipe = subprocess.PIPE
    child = subprocess.Popen([sys.executable, __file__, "json"], stdin=pipe, stdout=pipe, text=True)
    assert child.stdin is not None and child.stdout is not None
    to, back = child.stdin, child.stdout
    stack.callback(lambda: (to.close(), child.wait(), back.close()))

    async def road(picture: np.ndarray) -> np.ndarray:
        to.write(json.dumps({"pixels": base64.b64encode(picture.tobytes()).decode()}) + "\n")
        to.flush()
        return np.frombuffer(base64.b64decode(json.loads(back.readline())["pixels"]), np.uint8).reshape(SHAPE)

    return road


def pickle_road(stack: AsyncExitStack) -> Road:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=child_of_pickle, args=(theirs,))
    child.start()
    stack.callback(lambda: (ours.send(None), child.join()))

    async def road(picture: np.ndarray) -> np.ndarray:
        ours.send(picture)
        return ours.recv()

    return road


async def rung_road(stack: AsyncExitStack, model: Callable[..., InpaintOutput] = invert) -> Road:
    variant = Variant(
        name="invert", task="inpaint", title="", loader=f"hop:{model.__name__}", runtime="numpy", kind="real", places=()
    )
    placement = Placement(
        variant=variant, device="cpu", precision="none", threads=1, footprint=Footprint(resident=0),
        env={"PYTHONPATH": os.path.dirname(os.path.abspath(__file__))},
    )  # fmt: skip
    templates = Templates({"numpy": Runtime(name="numpy", modules=("numpy",))})
    stack.push_async_callback(templates.close)
    worker = await templates.spawn(placement)
    await worker.load()
    mask = np.zeros((1, 1), np.uint8)
    number = itertools.count()

    async def road(picture: np.ndarray) -> np.ndarray:
        call = WorkerCall(id=str(next(number)), task="inpaint", input=InpaintInput(pixels=picture, mask=mask))
        (answer,) = await worker.run([call])
        assert isinstance(answer, WorkerAnswer), answer
        return answer.output.pixels

    return road


def read(picture: np.ndarray) -> int:
    """Every byte of it, folded into one number."""
    return int(np.bitwise_xor.reduce(picture.reshape(-1).view(np.uint64)))


async def measure() -> dict[str, list[list[float]]]:
    """Seconds of every trip of every round on every road. What each answer was read into is checked."""
    times: dict[str, list[list[float]]] = {name: [[] for _ in range(ROUNDS + 1)] for name in TRIPS}
    pictures = [np.random.default_rng(seed).integers(0, 256, SHAPE, np.uint8) for seed in range(4)]
    expected = [read(255 - picture) for picture in pictures]
    async with AsyncExitStack() as stack:
        in_place, copied = memory_roads(stack)
        roads = {"json": json_road(stack), "pickle": pickle_road(stack), "copied": copied, "bare": in_place}
        roads["rung"] = await rung_road(stack)
        roads["plain"] = await rung_road(stack, invert_plainly)
        for number in range(ROUNDS + 1):
            for name, trips in TRIPS.items():
                for trip in range(trips):
                    began = time.perf_counter()
                    found = read(await roads[name](pictures[trip % 4]))
                    took = time.perf_counter() - began
                    assert found == expected[trip % 4], f"{name} gave another picture"
                    times[name][number].append(took)
    return {name: rounds[1:] for name, rounds in times.items()}  # the first round warms up


def main() -> None:
    times = asyncio.run(measure())
    best = {name: min(map(statistics.median, rounds)) * 1000 for name, rounds in times.items()}
    over = best["rung"] / best["bare"]
    titles = {
        "bare": "bare shared memory, in place",
        "copied": "bare shared memory, copied out too",
        "rung": "rung worker, answer written in place",
        "plain": "rung worker, answer of the model's own",
        "pickle": "multiprocessing pipe with pickle",
        "json": "JSON and base64 over pipes",
    }
    figures = [Figure(name=title, value=best[name], unit="ms") for name, title in titles.items()]
    every = [took * 1000 for took in itertools.chain(*times["rung"])]
    figures += [
        Figure(name="rung worker, median of all trips", value=statistics.median(every), unit="ms"),
        Figure(name="rung worker, 95th percentile", value=statistics.quantiles(every, n=20)[-1], unit="ms"),
        Figure(name="rung worker over bare in place", value=over, unit="x", goal="<= 3", holds=over <= 3),
    ]
    report("hop", figures, ["numpy"])


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["memory", fd, control]:
            child_of_memory(int(fd), int(control))
        case ["json"]:
            child_of_json()
        case _:
            main()
