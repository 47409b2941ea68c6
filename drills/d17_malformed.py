"""Drill 17: bodies that are no bodies: broken JSON and multipart, by hand and by chance."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

from drills.client import Client, parsed
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Request
from drills.house import House
from drills.raw import exchange, post

_JSON = "Content-Type: application/json"
_GOOD = b'{"text": "a", "rounds": 2, "options": {"deadline_s": 5}}'
_PART = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\na\r\n--b--\r\n'


def run(stage: Stage, tally: Tally) -> None:
    """A table of known traps, then good bodies with bytes changed."""
    history = History()
    with stage.house() as house, Client(house.url, history) as client:
        client.warm()
        before = house.holdings()
        for request in _traps():
            _send(house, tally, request, must_fail=True)
        worst = 0.0
        for _ in range(stage.rounds):
            cpu = house.cpu_s()
            for _ in range(20):
                _send(house, tally, _by_chance(stage.chance), must_fail=False)
            worst = max(worst, (house.cpu_s() - cpu) / 20)
            tally.rounds += 1
        tally.notes["server's work a request, ms"] = round(worst * 1000, 1)
        tally.demand(worst < 0.1, f"requests cost the server {worst:.2f} s of a core each")
        tally.demand(client.ask(Request(text="after")).kind == "ok", "it does not answer any more")
        tally.leaks(house.leaked(before))
    tally.judge(history)


def _send(house: House, tally: Tally, request: bytes, *, must_fail: bool) -> None:
    cpu = house.cpu_s()
    reply = exchange(house.port, [request], patience_s=30)
    cpu = house.cpu_s() - cpu
    tally.faults += 1
    where = f"{request[:60]!r}... ({len(request)} bytes)"
    tally.demand(reply.status < 500, f"{where} was answered {reply.status} {reply.body[:200]!r}")
    tally.demand(not must_fail or 400 <= reply.status < 500, f"{where} was answered {reply.status}")
    tally.demand(not must_fail or cpu < 0.25, f"{where} cost the server {cpu:.2f} s of a core")
    if b"problem+json" in reply.head:
        body = parsed(reply.body.decode())
        tally.demand({"type", "title", "status", "code"} <= body.keys(), f"{where}: an incomplete problem")
    elif (
        reply.status and reply.status != 400
    ):  # what cannot be read as HTTP at all is refused by uvicorn, in plain words
        tally.demand(reply.status == 200, f"{where}: {reply.status} without a problem document")


def _traps() -> Iterator[bytes]:
    texts = [
        b"", b"{", b"nul", b"[]", b'"a"', b"\xff\xfe", b"\xef\xbb\xbf{}", b'{"text": "a", "text": "b"}',
        b'{"text": "\\ud800"}', b'{"text": NaN}', b"[" * 100_000, b'{"a":' * 50_000, b"[" * 40 + b"]" * 40,
        b'{"text": ' + b"1" * 1_000_000 + b"}", b'{"rounds": 1e999999, "text": "a"}', b'{"text": "a"} x',
        b"{'text': 'a'}", b'{"text": "a", "rounds": ' + b"9" * 5000 + b"}", b'{"text": 1}', b'{"txt": "a"}',
        b'{"text": "a", "options": []}', b'{"text": "a", "options": {"x": 1}}', b"\0" * 1000,
    ]  # fmt: skip
    yield from (post("/v1/toy/hash", text, _JSON) for text in texts)
    yield post("/v1/toy/hash", _GOOD, "Content-Type: text/plain")
    yield post("/v1/toy/hash", _GOOD, "Content-Type: application/json; charset=utf-7")
    yield post("/v1/toy/hash", _GOOD, _JSON, "Content-Encoding: br")
    long = b"b" * 200_000
    for kind, body in (
        ("", _PART),
        ("; boundary=", _PART),
        (f"; boundary={long[:60_000].decode()}", _PART),
        ("; boundary=b", b"--b\r\n" * 20_000),
        ("; boundary=b", b"\r\n" * 500_000),
        ("; boundary=b", b"--b\r\nContent-Disposition: form-data; name=" + long + b"\r\n\r\na\r\n--b--\r\n"),
        ("; boundary=b", b"--b" + long + b"\r\n\r\n"),
        ("; boundary=b", _PART.replace(b"\r\n\r\n", b"\r\nX: " + long + b"\r\n\r\n")),
        ("; boundary=b", _PART[:-8]),
        ("; boundary=b", (_PART[:-8] + b"\r\n") * 500 + b"--b--\r\n"),
    ):
        yield post("/v1/toy/hash", body, f"Content-Type: multipart/form-data{kind}")


def _by_chance(chance: random.Random) -> bytes:
    """A good body with a few bytes changed, cut or doubled."""
    form = chance.random() < 0.5
    body = bytearray(_PART if form else _GOOD)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(body) + 1)
        match chance.randrange(4):
            case 0:
                body[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del body[at : at + chance.randint(1, 8)]
            case 2:
                body[at:at] = body[max(0, at - 12) : at]
            case _:
                body[at:at] = json.dumps(chance.choice([None, 1e308, "\u0000", {}, [[]], -1])).encode()
        body = body or bytearray(b"{")
    kind = "Content-Type: multipart/form-data; boundary=b" if form else _JSON
    return post("/v1/toy/hash", bytes(body), kind)


DRILL = Drill(
    number=17,
    title="malformed JSON and multipart",
    promise="Answered with a 4xx and a problem document, never a 5xx, and cheaply.",
    mutation=Mutation(
        file="rung/runtime/server/strictjson.py",
        old='if len(digits.removeprefix("-")) > DIGITS:',
        new='if len(digits.removeprefix("-")) > DIGITS * 100_000:',
    ),
    run=run,
    short=20,
    long=200,
)
