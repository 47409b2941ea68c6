"""Drill 15: bodies of 300 MB, announced, chunked, and lying about their length."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from drills.client import Client
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Request
from drills.raw import Reply, exchange, post

MiB = 1024 * 1024
_JSON = "Content-Type: application/json"
_FORM = "Content-Type: multipart/form-data; boundary=b"


def run(stage: Stage, tally: Tally) -> None:
    """One after the other, then eight at once."""
    history = History()
    with stage.house() as house, Client(house.url, history) as client:
        client.warm()
        before, memory = house.holdings(), house.resident()
        for _ in range(stage.rounds):
            for path in ("/v1/toy/hash", "/v1/toy/picture", "/v1/files"):
                for name, chunks in (("announced", _announced(path)), ("chunked", _chunked(path))):
                    _judge(tally, f"{path} {name}", exchange(house.port, chunks, linger=True))
            with ThreadPoolExecutor(8) as pool:
                for reply in pool.map(lambda _: exchange(house.port, _chunked("/v1/files"), linger=True), range(8)):
                    _judge(tally, "one of eight", reply)
            tally.rounds += 1
        grown = (house.resident() - memory) // MiB
        tally.notes["server grew by, MiB"] = grown
        # Eight chunked bodies may stand at their limit of 25 MiB together before each is refused.
        tally.demand(grown < 8 * 25 + 64, f"the server grew by {grown} MiB")
        tally.demand(client.ask(Request(text="after")).kind == "ok", "it does not answer any more")
        tally.leaks(house.leaked(before))
    tally.judge(history)


def _judge(tally: Tally, name: str, reply: Reply) -> None:
    tally.faults += 1
    # A client that still writes may lose the answer to the reset that follows it; it is refused all the same.
    tally.demand(reply.status in (413, 0), f"{name} was answered {reply.status}")
    tally.demand(reply.closed_s is not None, f"{name}: the connection stayed open")
    tally.demand(reply.sent < 64 * MiB, f"{name}: {reply.sent // MiB} MiB were taken in")


def _announced(path: str) -> Iterator[bytes]:
    yield post(path, b"", _JSON if "hash" in path else _FORM, length=300 * MiB)
    for _ in range(300):
        yield bytes(MiB)


def _chunked(path: str) -> Iterator[bytes]:
    kind = _JSON if "hash" in path else _FORM
    head = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Transfer-Encoding: chunked", kind]
    yield "\r\n".join(head).encode() + b"\r\n\r\n"
    for _ in range(300):
        yield b"100000\r\n" + bytes(MiB) + b"\r\n"
    yield b"0\r\n\r\n"


DRILL = Drill(
    number=15,
    title="bodies of 300 MB",
    promise="Refused with 413 at the limit, by Content-Length before a byte is read; the connection is closed and the "
    "server does not grow with what was sent.",
    mutation=Mutation(
        file="rung/runtime/server/body.py",
        old="if self.size + len(piece) > self.limit:",
        new="if self.size + len(piece) > self.limit * 1000:",
    ),
    run=run,
    short=1,
    long=2,
)
