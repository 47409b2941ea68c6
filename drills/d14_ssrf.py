"""Drill 14: pictures named by URLs that lead inside."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
from PIL import Image

from drills.client import Client
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Request
from drills.house import House, free_port

_INSIDE = "planted-inside-of-the-network"
_ALLOWED, _DECOY = "127.0.0.2", "127.0.0.1"
_CONFIG = f"""
[fetch]
inputs = true
http = true
networks = ["{_ALLOWED}/32"]
"""
_FORMS = (
    "http://127.0.0.1:{port}/", "http://2130706433:{port}/", "http://0x7f000001:{port}/", "http://0177.0.0.1:{port}/",
    "http://127.1:{port}/", "http://0.0.0.0:{port}/", "http://[::1]:{port}/", "http://[::ffff:127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/", "http://[2002:7f00:1::]:{port}/", "http://localhost:{port}/",
    "http://127.0.0.1.:{port}/", "http://good.test@127.0.0.1:{port}/", "http://127.0.0.1:{port}\\@good.test/",
    "http://169.254.169.254/latest/meta-data/", "http://metadata.google.internal/", "http://[fe80::1]/",
    "http://10.0.0.5/", "http://100.64.0.1/", "http://224.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1:{port}/_x",
    "ftp://127.0.0.1:{port}/", "dict://127.0.0.1:{port}/", "http://inside.test:{port}/", "http://both.test:{port}/",
)  # fmt: skip
_NAMES = {
    "inside.test": [[_DECOY]],
    "both.test": [[_ALLOWED, _DECOY]],
    "rebound.test": [[_ALLOWED], [_DECOY], [_DECOY], [_DECOY]],
}
"""Host -> what each look-up of it answers, in turn; the last stays."""


def run(stage: Stage, tally: Tally) -> None:
    """Every form of an address inside, redirects there, and a name that changes its mind, by every operation that
    takes pictures. A decoy listens inside and counts who comes."""
    history = History()
    port = free_port()
    with (
        _listening(_DECOY, port) as decoy,
        _listening(_ALLOWED, port) as gate,
        stage.house(config=_CONFIG, env={"DRILL_NAMES": json.dumps(_NAMES)}) as house,
        Client(house.url, history) as client,
    ):
        client.warm()
        before = house.holdings()
        for number in range(stage.rounds):
            for path, field_name, many in _doors(house):
                _forms(house, tally, port, (path, field_name, many))
                _redirects(house, tally, port, (path, field_name, many))
                _let_in(house, tally, port, (path, field_name, many), first=number == 0 and not many)
            tally.rounds += 1
        tally.demand(gate.asked > 0, "nothing was fetched at all: the drill shows nothing")
        tally.demand(decoy.asked == 0, f"the decoy inside was asked {decoy.asked} times")
        tally.demand(client.ask(Request(text="after")).kind == "ok", "it does not answer any more")
        tally.leaks(house.leaked(before))
        tally.demand(_INSIDE not in house.log(), "the log holds what stands inside")
    tally.judge(history)


Door = tuple[str, str, bool]
"""Path of an operation, its field for pictures, and whether that is a list."""


def _doors(house: House) -> list[Door]:
    """Furniture's too, where it is installed."""
    paths = httpx.get(f"{house.url}/openapi.json", timeout=20).json()["paths"]
    doors = [("/v1/toy/picture", "image", False), ("/v1/furniture/analyze", "images", True)]
    return [door for door in doors if door[0] in paths]


def _forms(house: House, tally: Tally, port: int, door: Door) -> None:
    told = set()
    for form in _FORMS:
        url = form.format(port=port)
        detail = _refused(house, tally, door, url)
        if "//127.0.0.1:" in url or "//10.0.0.5/" in url:
            told.add(detail.partition(": this")[2])
    closed = free_port()
    told.add(_refused(house, tally, door, f"http://{_DECOY}:{closed}/").partition(": this")[2])
    tally.demand(len(told - {""}) == 1, f"open, closed and unreachable addresses are told apart: {told}")


def _redirects(house: House, tally: Tally, port: int, door: Door) -> None:
    for number, target in enumerate(_Gate.targets(port)):
        _refused(house, tally, door, f"http://{_ALLOWED}:{port}/to/{number}", f"a redirect to {target}")


def _let_in(house: House, tally: Tally, port: int, door: Door, *, first: bool) -> None:
    """What is allowed is fetched; of a name that changes its mind, the first answer holds for look and connection."""
    urls = [f"http://{_ALLOWED}:{port}/picture.png", *([f"http://rebound.test:{port}/picture.png"] if first else [])]
    for url in urls:
        got = _ask(house, door, url, wait_s=60)  # the first picture of a house waits for its worker
        expected = (200,) if door[0].startswith("/v1/toy") else (200, 202, 503)
        tally.demand(got.status_code in expected, f"{url} was answered {got.status_code}: {got.text[:200]}")


def _refused(house: House, tally: Tally, door: Door, url: str, what: str = "") -> str:
    """Its sentence."""
    tally.faults += 1
    got = _ask(house, door, url)
    said = f"{door[0]} {what or url}"
    tally.in_time(got.elapsed.total_seconds() < 1.0, f"{said} took {got.elapsed.total_seconds():.1f} s")
    tally.demand(_INSIDE not in got.text, f"{said}: the answer holds what stands inside")
    if got.status_code != 422 or got.json().get("code") != "url-not-allowed":
        tally.demand(False, f"{said} was answered {got.status_code}: {got.text[:200]}")
        return ""
    return str(got.json()["detail"])


def _ask(house: House, door: Door, url: str, wait_s: int = 1) -> httpx.Response:
    path, name, many = door
    body = {name: [{"url": url}] if many else {"url": url}}
    return httpx.post(f"{house.url}{path}", json=body, headers={"Prefer": f"wait={wait_s}"}, timeout=wait_s + 30)


# --- who listens -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Listener:
    """How often it was asked."""

    asked: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self) -> None:
        """One more."""
        with self.lock:
            self.asked += 1


class _Gate(BaseHTTPRequestHandler):
    """Redirects inside, and gives a picture; what it says holds the planted words."""

    listener: _Listener

    @staticmethod
    def targets(port: int) -> list[str]:
        """Where its redirects lead."""
        return [
            f"http://{_DECOY}:{port}/picture.png", "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd",
            f"http://inside.test:{port}/", f"//{_DECOY}:{port}/", f"http://[::ffff:127.0.0.1]:{port}/",
        ]  # fmt: skip

    def do_GET(self) -> None:
        """One answer, as the path says."""
        self.listener.count()
        _, _, number = self.path.rpartition("/to/")
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.targets(self.server.server_address[1])[int(number)])  # type: ignore[arg-type]
            body = _INSIDE.encode()
        else:
            self.send_response(200)
            body = _png()
        self.send_header("Content-Type", "image/png")
        self.send_header("X-Inside", _INSIDE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def _png() -> bytes:
    sink = io.BytesIO()
    Image.new("RGB", (32, 24), (9, 9, 9)).save(sink, "PNG")
    return sink.getvalue()


@contextmanager
def _listening(host: str, port: int) -> Iterator[_Listener]:
    counted = _Listener()
    server = ThreadingHTTPServer((host, port), type("Handler", (_Gate,), {"listener": counted}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield counted
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


DRILL = Drill(
    number=14,
    title="URLs that lead inside",
    promise="A picture's URL that is, resolves or redirects to anything but a public address is refused with one "
    "sentence, whatever stands there; nothing inside is ever connected to, and the address that was judged is the one "
    "that is asked.",
    mutation=Mutation(
        file="rung/runtime/fetch/fetcher.py",
        old="            if why is not None:",
        new='            if why == "never":',
    ),
    run=run,
    short=1,
    long=20,
)
