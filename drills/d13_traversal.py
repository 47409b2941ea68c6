"""Drill 13: names and paths that try to leave their folder."""

from __future__ import annotations

import io
from pathlib import Path

import httpx
from PIL import Image

from drills.client import Client
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Request
from drills.house import House
from drills.raw import exchange, get, post
from rung.runtime.profile.store import FOLDER

_SECRET = b"planted-outside-of-every-folder"
_UP = (
    "..", "../", "../../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "..\\", "%252e%252e%252f", "....//", "..%c0%af",
    "..%00/", "%00", "/", "//", "~/", "file:///",
)  # fmt: skip
_OWN = {"artifacts", FOLDER}
"""What the server makes by itself in its data folder meanwhile: answers' files, and once a minute what it measured."""
_ROOTS = ("/v1/files/", "/v1/jobs/", "/v1/models/", "/v1/", "/")


def run(stage: Stage, tally: Tally) -> None:
    """Every root with every way up, to a planted file; names inside of bodies after that."""
    history = History()
    with stage.house() as house, Client(house.url, history) as client:
        client.warm()
        secret = house.folder / "secret.txt"
        secret.write_bytes(_SECRET)
        before, tree = house.holdings(), _tree(house)
        for _ in range(stage.rounds):
            _paths(house, tally, secret)
            _bodies(house, tally, secret)
            _guesses(house, tally)
            tally.rounds += 1
        tally.demand(client.ask(Request(text="after")).kind == "ok", "it does not answer any more")
        tally.leaks(house.leaked(before))
        grown = {path for path in _tree(house) - tree if _OWN.isdisjoint(path.parts)}
        tally.demand(not grown, f"files were made: {sorted(map(str, grown))[:5]}")
    tally.judge(history)


def _paths(house: House, tally: Tally, secret: Path) -> None:
    for root in _ROOTS:
        for up in _UP:
            for depth in (1, 4, 9):
                for target in (str(secret).lstrip("/"), "secret.txt", "etc/passwd"):
                    _refused(house, tally, get(root + up * depth + target), root + up * depth)


def _bodies(house: House, tally: Tally, secret: Path) -> None:
    names = ["../../secret.txt", str(secret), "..\\..\\secret.txt", "\0", "secret.txt\0.png", "%2e%2e/secret.txt"]
    for name in names:
        escaped = name.replace("\\", "\\\\").replace("\0", "\\u0000")
        asked = f'{{"image": {{"file": "{escaped}"}}}}'.encode()
        _refused(house, tally, post("/v1/toy/picture", asked, "Content-Type: application/json"), f"file {name!r}")
        chosen = f'{{"text": "a", "options": {{"variant": "{escaped}"}}}}'.encode()
        _refused(house, tally, post("/v1/toy/hash", chosen, "Content-Type: application/json"), f"variant {name!r}")
        part = f'--b\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\n\r\nno picture\r\n--b--\r\n'
        form = post("/v1/files", part.encode(), "Content-Type: multipart/form-data; boundary=b")
        _refused(house, tally, form, f"filename {name!r}")


def _guesses(house: House, tally: Tally) -> None:
    """A file is found by its whole name, and by nothing less."""
    sink = io.BytesIO()
    Image.new("RGB", (9, 9), (1, 2, 3)).save(sink, "PNG")
    name = httpx.post(f"{house.url}/v1/files", content=sink.getvalue()).json()["file"]
    for guess in (name[:1], name[:8], name[:63], "*", "%2a", "%3f" * 64, f"{name}.", f".{name}", name.upper()):
        _refused(house, tally, get(f"/v1/files/{guess}"), f"guess {guess!r}")


def _refused(house: House, tally: Tally, request: bytes, what: str) -> None:
    reply = exchange(house.port, [request])
    tally.faults += 1
    tally.demand(_SECRET not in reply.body and b"root:" not in reply.body, f"{what} gave a file away")
    tally.demand(400 <= reply.status < 500, f"{what} was answered {reply.status}")
    tally.demand(str(house.folder).encode() not in reply.body.replace(str(house.folder / "secret.txt").encode(), b""),
                 f"{what} told where the data lies")  # fmt: skip


def _tree(house: House) -> set[Path]:
    return {path for path in house.folder.rglob("*") if "cache" not in path.parts}


DRILL = Drill(
    number=13,
    title="path traversal",
    promise="Every name and path that does not come from the server is refused with a 4xx; nothing is read, made or "
    "told.",
    mutation=Mutation(
        file="rung/runtime/jobs/artifacts.py",
        old="if file_id in files or not _ID.fullmatch(file_id):",
        new="if file_id in files:",
    ),
    run=run,
    short=1,
    long=1,
)
