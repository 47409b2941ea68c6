"""Drill 26: no file descriptors are left, and ten thousand requests after it."""

from __future__ import annotations

import os
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from drills.client import Client, read_all, together
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Request
from drills.house import House, until

_CONFIG = "[server]\nheader_s = 120\n"
"""So that who is cut off is not one who said nothing for too long."""


def run(stage: Stage, tally: Tally) -> None:
    """A crowd of connections under a low limit, then many requests. rounds: hundreds of them."""
    other, history = History(), History()
    with stage.house(config=f'{_CONFIG}loop = "asyncio"\n') as house, Client(house.url, other) as client:
        client.warm()
        _crowd(house, other, tally)  # each loop has its own ways to run out
        read_all(house.url, other)
    tally.judge(other)
    with stage.house(config=_CONFIG) as house, Client(house.url, history) as client:
        client.warm()
        before, memory = house.holdings(), house.resident()
        _crowd(house, history, tally)
        calls = [Request(text=f"call {n}") for n in range(100 * stage.rounds)]
        together(house.url, history, calls, Client.ask, clients=4)
        read_all(house.url, history)
        tally.rounds = stage.rounds
        tally.leaks(house.leaked(before))
        grown = (house.resident() - memory) / 2**20
        tally.notes |= {"requests": len(calls), "server grew by, MiB": round(grown, 1)}
        tally.demand(grown < 96, f"the server grew by {grown:.0f} MiB in {len(calls)} requests")
    tally.judge(history)


def _crowd(house: House, history: History, tally: Tally) -> None:
    """No worker is loaded, so answering would need descriptors that are not there."""
    crowd: list[socket.socket] = []
    with _few(house):
        try:
            for _ in range(200):
                sock = socket.create_connection(("127.0.0.1", house.port), timeout=2)
                crowd.append(sock)
                tally.faults += 1
        except OSError:
            pass
        with Client(house.url, history, 5, patience_s=3) as client:
            client.ask(Request(text="in the crowd", may_fail=True))
        busy = house.cpu_s()
        time.sleep(1.0)
        cut = sum(_closed(sock) for sock in crowd)
        tally.demand(cut == 0, f"{cut} of {len(crowd)} callers were cut off instead of being left to wait")
        busy = house.cpu_s() - busy
        tally.notes["work while none are left, of a core"] = round(busy, 2)
        tally.in_time(busy < 0.9, f"without descriptors the server spins: {busy:.2f} s of a core in a second")
        tally.demand(house.process is not None and house.process.poll() is None, "the server ended")
    for sock in crowd:
        sock.close()
    gone = time.monotonic()

    def answers() -> bool:
        with Client(house.url, history, 6, patience_s=5) as client:
            return client.ask(Request(text=f"again {time.monotonic()}", may_fail=True)).kind == "ok"

    tally.demand(until(answers, 60, every=0.1), "it does not answer after the crowd has left")
    tally.recover_s.append(time.monotonic() - gone)


def _closed(sock: socket.socket) -> bool:
    """Whether the server has ended the connection; it was given nothing to answer."""
    sock.setblocking(False)
    try:
        return sock.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


@contextmanager
def _few(house: House) -> Iterator[None]:
    """64, or a few more than are open now."""
    soft, hard = resource.prlimit(house.pid, resource.RLIMIT_NOFILE)
    few = max(64, len(os.listdir(f"/proc/{house.pid}/fd")) + 8)
    resource.prlimit(house.pid, resource.RLIMIT_NOFILE, (few, hard))
    yield
    resource.prlimit(house.pid, resource.RLIMIT_NOFILE, (soft, hard))


DRILL = Drill(
    number=26,
    title="no descriptors left; then many requests",
    promise="Callers wait, none is cut off; it does not spin or end, and answers again once there is room.",
    mutation=Mutation(
        file="rung/runtime/workers/process.py",
        old="            os.close(self.pidfd)\n",
        new="            pass\n",
    ),
    run=run,
    short=5,
    long=20,
)
