"""Drill 23: clients that hang up."""

from __future__ import annotations

import json
import socket
import time

import httpx

from drills.checker import ENDS
from drills.client import Client, read_all
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Request
from drills.house import House, until
from drills.raw import get, post

SIZES = (0, 80_000)
"""Bytes of a body. The larger is past the 64 KiB behind which a server stops reading what nobody has asked for, and
comes over a loopback in one piece all the same."""


def run(stage: Stage, tally: Tally) -> None:
    """A caller who waits, one who waits with a key, one who did not wait, and one who listens."""
    history = History()
    with stage.house() as house, Client(house.url, history) as client:
        client.warm()
        before = house.holdings()
        for number in range(stage.rounds):
            _waiting(house, tally, number)
            _with_key(house, client, tally, number)
            _listening(house, client, number)
            tally.faults += 3
            tally.rounds += 1
        read_all(house.url, history)
        tally.leaks(house.leaked(before))
    tally.judge(history)


def _hang_up(house: House, request: Request, *headers: str, size: int = 0) -> None:
    """Send it whole, and be gone when the model runs it. size: bytes of its body, at least."""
    body = json.dumps(request.body()).encode().ljust(size)
    data = post("/v1/toy/hash", body, "Content-Type: application/json", *headers)
    with socket.create_connection(("127.0.0.1", house.port)) as sock:
        sock.sendall(data)
        until(lambda: f"run {request.text}\n" in house.journal.read_text(), 10)


def _waiting(house: House, tally: Tally, number: int) -> None:
    """Nobody else wants it: the work stops."""
    before = _jobs(house)
    _hang_up(house, Request(text=f"left {number}", do="work 2.5"), size=SIZES[number % len(SIZES)])
    left = time.monotonic()
    free = until(lambda: house.state("toy").get("running") == 0 and _ended(house, before), 10)
    seconds = time.monotonic() - left
    tally.recover_s.append(seconds)
    tally.in_time(bool(free) and seconds < 1.5, f"the work went on for {seconds:.1f} s after its caller had left")
    ended = [job["status"] for name, job in _jobs(house).items() if name not in before]
    tally.demand(ended in ([], ["canceled"]), f"its job ended as {ended}")


def _ended(house: House, before: dict[str, dict[str, object]]) -> bool:
    """Whether the jobs that came since have: the model is free a moment before its job is told so."""
    return all(job["status"] in ENDS for name, job in _jobs(house).items() if name not in before)


def _with_key(house: House, client: Client, tally: Tally, number: int) -> None:
    """A key says that the caller will ask again: the work goes on, and is done once."""
    request = Request(text=f"keyed {number}", do="work 0.5", key=f"keyed {number}")
    _hang_up(house, request, f'Idempotency-Key: "{request.key}"')
    op = client.ask(request)
    runs = house.journal.read_text().count(f"run {request.text}\n")
    tally.demand(op.kind == "ok" and runs == 1, f"asked again with its key: {op.status}, run {runs} times")


def _listening(house: House, client: Client, number: int) -> None:
    """A 202 and its stream, both given up."""
    op = client.submit(Request(text=f"not waited for {number}", do="work 0.3"))
    with socket.create_connection(("127.0.0.1", house.port)) as sock:
        sock.sendall(get(f"/v1/jobs/{op.job}/events"))
        sock.recv(100)


def _jobs(house: House) -> dict[str, dict[str, object]]:
    rows = httpx.get(f"{house.url}/v1/jobs", timeout=10).json()["jobs"]
    return {row["id"]: row for row in rows}


DRILL = Drill(
    number=23,
    title="clients hang up",
    promise="The work of a caller who waited and left stops; a keyed one's and an accepted job's go on to their end.",
    mutation=Mutation(
        file="rung/runtime/server/operations.py",
        old="        if keep:",
        new="        if not keep:",
    ),
    run=run,
    short=3,
    long=50,
)
