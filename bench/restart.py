"""kill -9 of the only model worker, beside four other servers in one run: how long until the next answer.

Every server answers the same question (the sha256 of a text, in a worker) and is started afresh for every round; the
servers take turns. One request every 20 ms on a connection of its own, none waiting for another, each given up after
30 s. One longer request is under way in the worker when that dies. The time is from the kill to the first right
answer to a request that was sent after it; where none came in 30 s, it is at least that. A server that runs the
interrupted request again does so first: its time includes that request's.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import httpx

from _report import Figure, report
from peers.roster import PEERS, Peer, Running, interpreter, running
from peers.work import digest

ROUNDS = 5
EVERY_S = 0.02
PATIENCE_S = 30.0
"""Of every request, and for the next answer."""
START_S = 90.0
LONG_S = 0.2
"""The request that is interrupted would have taken so long; it is interrupted halfway."""
TEXT = "x" * 1000
OTHERS = ("5xx", "4xx", "refused", "broken", "wrong", "hung")


@dataclass(slots=True)
class Asked:
    """A request. what: 200, or how it ended without a right answer. hung: nothing came while we waited."""

    sent: float
    done: float = 0.0
    what: str = "hung"
    pid: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """next_s: from the kill to the next answer, None where none came. between: what those sent until then got.

    interrupted: what the longer request got; `missed` where the worker had just answered it when it was killed.
    load_s: of the model in the new worker, where the server tells.
    """

    next_s: float | None
    between: Counter[str]
    interrupted: str
    alive: bool
    load_s: float | None


@dataclass(slots=True)
class Told:
    """All rounds of one server; why: what kept it from being measured."""

    rounds: list[Round] = field(default_factory=list)
    why: str = ""


class Client:
    """Asks one server."""

    def __init__(self, server: Running) -> None:
        self._server = server

    async def ask(self, asked: Asked, times: int) -> Asked:
        """Sent now; returns when it ended or was given up."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                answer = await self._exchange(json.dumps({"text": TEXT, "times": times}).encode())
            asked.what = _what(answer, times)
            found = re.search(rb'"pid":\s*(\d+)', answer)
            asked.pid = int(found[1]) if found else 0
        except TimeoutError:
            pass
        except ConnectionRefusedError:
            asked.what = "refused"
        except OSError:
            asked.what = "broken"
        asked.done = time.monotonic()
        return asked

    async def _exchange(self, body: bytes) -> bytes:
        head = (
            f"POST {self._server.peer.path} HTTP/1.1\r\nHost: 127.0.0.1:{self._server.port}\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", self._server.port)
        try:
            writer.write(head.encode() + body)
            await writer.drain()
            return await reader.read()
        finally:
            writer.close()

    async def warm(self) -> int:
        """The worker's process, once ten answers in a row are right. Raises RuntimeError with the server's log."""
        right, until = 0, time.monotonic() + START_S
        while time.monotonic() < until and self._server.alive:
            asked = await self.ask(Asked(time.monotonic()), 1)
            right = right + 1 if asked.what == "200" else 0
            if right == 10:
                if asked.pid == self._server.process.pid:
                    raise RuntimeError("its server computes itself: there is no worker to kill")
                return asked.pid
            await asyncio.sleep(0.05)
        last = self._server.log.read_text(errors="replace").strip().splitlines()[-1:]
        raise RuntimeError(f"did not start: {' '.join(last)[:200]}")


def _what(answer: bytes, times: int) -> str:
    status = answer[9:12].decode(errors="replace")
    if not answer:
        return "broken"
    if status != "200":
        return f"{status[0]}xx"
    return "200" if digest(TEXT, times).encode() in answer else "wrong"


async def round_of(server: Running, times: int) -> Round:
    """One worker killed."""
    client = Client(server)
    pid = await client.warm()
    asked: list[Asked] = []
    tasks: list[asyncio.Task[Asked]] = []

    def send(times: int = 1) -> Asked:
        asked.append(Asked(time.monotonic()))
        tasks.append(asyncio.create_task(client.ask(asked[-1], times)))
        return asked[-1]

    async def tick() -> None:
        due = time.monotonic()
        while True:
            send()
            due += EVERY_S
            await asyncio.sleep(due - time.monotonic())

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(1.0)
    long = send(times)
    await asyncio.sleep(LONG_S / 2)
    os.kill(pid, signal.SIGKILL)
    killed = time.monotonic()
    first = await _first(asked, killed)
    await asyncio.sleep(0.5)
    ticking.cancel()
    load_s = await _load_s(server)
    await asyncio.gather(*tasks)
    end = first.done if first else killed + PATIENCE_S
    # To run it again takes LONG_S: what was answered earlier than that had not been interrupted.
    missed = long.what == "200" and long.done < killed + LONG_S / 2
    return Round(
        next_s=first.done - killed if first else None,
        between=Counter(one.what for one in asked if killed <= one.sent < end),
        interrupted="missed" if missed else long.what,
        alive=server.alive,
        load_s=load_s,
    )


async def _first(asked: Sequence[Asked], killed: float) -> Asked | None:
    """The first right answer to what was sent after the kill."""
    while time.monotonic() < killed + PATIENCE_S:
        answered = [one for one in asked if one.sent >= killed and one.what == "200"]
        if answered:
            return min(answered, key=lambda one: one.done)
        await asyncio.sleep(0.002)
    return None


async def _load_s(server: Running) -> float | None:
    if server.peer.name != "rung":
        return None
    try:
        async with httpx.AsyncClient(timeout=10) as http:
            rows = (await http.get(f"http://127.0.0.1:{server.port}/v1/models")).json()["models"]
    except httpx.HTTPError:  # it did not survive, which the round tells
        return None
    states = [row["state"] for row in rows if row["variant"] == "toy-digest" and row["state"]]
    return states[0]["load_s"] if states else None


def measure() -> dict[str, Told]:
    """All rounds of every server by its name; who cannot be installed or started is told, and left."""
    told = {peer.name: Told() for peer in PEERS}
    times = _times(LONG_S)
    for number in range(ROUNDS):
        for peer in PEERS:
            if told[peer.name].why:
                continue
            try:
                with running(peer, interpreter(peer)) as server:
                    told[peer.name].rounds.append(asyncio.run(round_of(server, times)))
                print(f"round {number + 1}, {peer.name}: {told[peer.name].rounds[-1]}", file=sys.stderr, flush=True)
            except (RuntimeError, OSError) as error:
                told[peer.name].why = str(error)
    return told


def _times(seconds: float) -> int:
    """How often a digest is repeated to take so long here."""
    trial = 50_000
    begun = time.perf_counter()
    digest(TEXT, trial)
    return round(trial * seconds / (time.perf_counter() - begun))


def figures_of(peer: Peer, told: Told) -> Iterator[Figure]:
    """What the table says of one server."""
    name = f"{peer.name} {peer.requirement.rpartition('==')[2]}".strip()
    if told.why:
        yield Figure(
            name=f"{name}: not measured in {ROUNDS - len(told.rounds)} rounds, {told.why}", value=None, unit=""
        )
    if not told.rounds:
        return
    rounds, of = told.rounds, f"of {len(told.rounds)}"
    times = [PATIENCE_S if one.next_s is None else one.next_s for one in rounds]
    loads = [one.load_s for one in rounds if one.load_s is not None]
    limit = 1.0 + (statistics.median(loads) if loads else 0.0)
    for word, value in (("median", statistics.median(times)), ("worst", max(times))):
        least = ", at least" if value >= PATIENCE_S else ""
        goal = f"< {limit:.3g} (1 s and its load)" if peer.name == "rung" else ""
        holds = value < limit if goal else None
        yield Figure(
            name=f"{name}: kill to the next answer, {word}{least}", value=value, unit="s", goal=goal, holds=holds
        )
    hit = [one.interrupted for one in rounds if one.interrupted != "missed"]
    yield Figure(name=f"{name}: interrupted request answered", value=hit.count("200"), unit=f"of {len(hit)}")
    yield Figure(name=f"{name}: server process alive at the end", value=sum(one.alive for one in rounds), unit=of)
    between = sum((one.between for one in rounds), Counter[str]())
    for what in ("200", *OTHERS):
        if between[what] or what == "200":
            title = f"{name}: of the requests until then, {what}"
            yield Figure(name=title, value=between[what], unit=f"of {between.total()}")


def main() -> None:
    told = measure()
    report("restart", [figure for peer in PEERS for figure in figures_of(peer, told[peer.name])], ["httpx"])


if __name__ == "__main__":
    main()
