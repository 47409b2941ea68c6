"""Drill 12: small files that are large when they are opened."""

from __future__ import annotations

import base64
import gzip
import io
import json
import struct
import zlib
from collections.abc import Mapping

from PIL import Image

from drills.client import Client
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Request
from drills.raw import Reply, exchange, post

MiB = 1024 * 1024
_JSON = "Content-Type: application/json"


def run(stage: Stage, tally: Tally) -> None:
    """Each bomb as a multipart file and inside JSON; the server's own memory and work are watched."""
    history = History()
    bombs = _bombs()
    with stage.house() as house, Client(house.url, history) as client:
        client.warm()
        before, memory = house.holdings(), house.resident()
        for _ in range(stage.rounds):
            for name, data in bombs.items():
                for request in (_multipart(data), _inline(data)):
                    cpu = house.cpu_s()
                    reply = exchange(house.port, [request], patience_s=60)
                    _judge(tally, name, reply, house.cpu_s() - cpu)
            reply = exchange(house.port, [_zipped()], patience_s=60)
            _judge(tally, "a gigabyte of zeros, gzipped", reply, 0.0)
            tally.rounds += 1
        grown = (house.resident() - memory) // MiB
        tally.notes["server grew by, MiB"] = grown
        tally.demand(grown < 64, f"the server grew by {grown} MiB")
        client.ask(Request(text="after"))
        tally.leaks(house.leaked(before))
    tally.judge(history)


def _judge(tally: Tally, name: str, reply: Reply, cpu_s: float) -> None:
    tally.faults += 1
    tally.demand(reply.status in (413, 415, 422), f"{name} was answered {reply.status}: {reply.body[:120]!r}")
    tally.in_time(reply.seconds < 5.0, f"{name} took {reply.seconds:.1f} s")
    tally.demand(cpu_s < 1.0, f"{name} cost the server {cpu_s:.1f} s of a core")


def _bombs() -> Mapping[str, bytes]:
    black = _png(13000, 13000)
    return {
        "a black PNG of 13000 x 13000": black,
        "a black PNG of 14000 x 14000": black[:16] + struct.pack(">II", 14000, 14000) + black[24:],
        "a PNG that says 2^31 x 2^31": black[:16] + struct.pack(">II", 2**31 - 1, 2**31 - 1) + black[24:200],
        "a WebP of 200 frames": _frames("WEBP"),
        "a GIF of 200 frames": _frames("GIF"),
        "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg" width="9e9" height="9e9"></svg>',
        "a PNG whose text is a bomb": _png_text(),
    }


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width: int, height: int) -> bytes:
    packer, row = zlib.compressobj(9), bytes(width + 1)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _png_text() -> bytes:
    text = zlib.compress(bytes(512 * MiB), 9)
    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(9 * 8))
    note = _chunk(b"zTXt", b"Comment\0\0" + text)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + note + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _frames(kind: str) -> bytes:
    sink = io.BytesIO()
    frames = [Image.new("RGB", (600, 600), (n, 0, 255 - n)) for n in range(200)]
    frames[0].save(sink, kind, save_all=True, append_images=frames[1:], duration=20)
    return sink.getvalue()


def _multipart(data: bytes) -> bytes:
    head = b'--b\r\nContent-Disposition: form-data; name="image"; filename="p.png"\r\n\r\n'
    return post("/v1/toy/picture", head + data + b"\r\n--b--\r\n", "Content-Type: multipart/form-data; boundary=b")


def _inline(data: bytes) -> bytes:
    url = "data:image/png;base64," + base64.b64encode(data).decode()
    return post("/v1/toy/picture", json.dumps({"image": {"data": url}}).encode(), _JSON)


def _zipped() -> bytes:
    return post("/v1/toy/hash", gzip.compress(bytes(1024 * MiB), 6), _JSON, "Content-Encoding: gzip")


DRILL = Drill(
    number=12,
    title="decompression bombs",
    promise="Refused by their headers with 413, 415 or 422, before anything is unpacked; the server does not grow.",
    mutation=Mutation(
        file="rung/runtime/server/pictures.py",
        old="if width * height > limits.pixels or",
        new="if width * height > limits.pixels * 1000 or",
    ),
    run=run,
    short=1,
    long=3,
)
