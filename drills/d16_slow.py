"""Drill 16: clients that say nothing, little, or stop in the middle."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from drills.client import Client
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Request
from drills.house import House, until
from drills.raw import Reply, exchange

_HEADER_S, _IDLE_S, _MOST = 2.0, 2.0, 64
_SLACK_S = 4.0
_CONFIG = f"[server]\nheader_s = {_HEADER_S}\nidle_s = {_IDLE_S}\nmax_connections = {_MOST}\n"
_START = b"POST /v1/toy/hash HTTP/1.1\r\nHost: 127.0.0.1\r\n"


def run(stage: Stage, tally: Tally) -> None:
    """All kinds at once, with good calls beside them; then more connections than there may be."""
    history = History()
    with stage.house(config=_CONFIG) as house, Client(house.url, history) as client:
        client.warm()
        before = house.holdings()
        for number in range(stage.rounds):
            with ThreadPoolExecutor(12) as pool:
                slow = [pool.submit(exchange, house.port, kind(), linger=True) for kind in _KINDS * 3]
                for n in range(20):
                    op = client.ask(Request(text=f"beside {number} {n}"))
                    tally.demand(op.kind == "ok", f"a good call beside slow ones was answered {op.status}")
                for kind, future in zip(_KINDS * 3, slow, strict=True):
                    _judge(tally, kind.__name__.strip("_"), future.result())
            _crowd(house, tally)
            tally.rounds += 1
        tally.demand(client.ask(Request(text="after")).kind == "ok", "it does not answer after the crowd")
        tally.leaks(house.leaked(before))
    tally.judge(history)


def _judge(tally: Tally, kind: str, reply: Reply) -> None:
    tally.faults += 1
    closed = reply.closed_s
    tally.demand(closed is not None, f"{kind}: still open after {reply.seconds:.0f} s")
    limit = max(_HEADER_S, _IDLE_S) + _SLACK_S
    tally.in_time(closed is None or closed < limit, f"{kind}: closed after {closed} s")
    tally.demand(reply.status in (0, 400, 408), f"{kind}: answered {reply.status}")


def _crowd(house: House, tally: Tally) -> None:
    """Four times as many silent connections as there may be: they go by themselves, and good ones come in again."""
    crowd = [socket.create_connection(("127.0.0.1", house.port), timeout=10) for _ in range(4 * _MOST)]
    tally.faults += len(crowd)
    came = time.monotonic()
    still = until(lambda: not any(_open(one) for one in crowd), 30, every=0.1)
    tally.in_time(time.monotonic() - came < _HEADER_S + _SLACK_S, "silent connections stayed longer than they may")
    open_still = 0 if still else sum(_open(one) for one in crowd)
    tally.demand(open_still == 0, f"{open_still} of {len(crowd)} silent connections are still open")
    for one in crowd:
        one.close()


def _open(sock: socket.socket) -> bool:
    sock.setblocking(False)
    try:
        while more := sock.recv(4096):  # a refusal may lie before the end
            del more
        return False
    except BlockingIOError:
        return True
    except ConnectionError:
        return False


def _silent() -> Iterator[bytes]:
    yield b""


def _half_a_header() -> Iterator[bytes]:
    yield _START


def _header_drops() -> Iterator[bytes]:
    yield _START
    for n in range(60):
        time.sleep(0.25)
        yield b"X-%d: a\r\n" % n


def _half_a_body() -> Iterator[bytes]:
    yield _START + b'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"text":'


_KINDS = (_silent, _half_a_header, _header_drops, _half_a_body)

DRILL = Drill(
    number=16,
    title="slow clients, silent clients, a crowd of them",
    promise="Headers and bodies have their time, after which the connection ends; good calls beside are answered.",
    mutation=Mutation(
        file="rung/runtime/server/watch.py",
        old="Watch(head_s=settings.header_s,",
        new="Watch(head_s=settings.header_s * 100,",
    ),
    run=run,
    short=1,
    long=2,
)
