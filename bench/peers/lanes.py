"""Who stands beside Rung in the overhead and footprint benchmarks, and how each is asked the same two questions."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from peers.load import Ask, ask_of
from peers.roster import HERE, Peer

NUMPY = "numpy==2.4.6"
DATA = np.random.default_rng(0).integers(0, 256, 1024 * 1024, np.uint8).tobytes()
"""1 MiB."""
BACK = (255 - np.frombuffer(DATA, np.uint8)).tobytes()
JSON = {"Content-Type": "application/json"}
BYTES = {"Content-Type": "application/octet-stream"}

Question = Callable[[int], Ask]
"""Port -> the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A server and its two questions: 1 MiB turned round, and a number that a nap of 10 ms adds one to."""

    peer: Peer
    echo: Question
    wait: Question
    worker: str = ""

    @property
    def name(self) -> str:
        return self.peer.name


def _ends_with_back(body: memoryview) -> bool:
    return len(body) >= len(BACK) and body[-len(BACK) :] == BACK


def _is_eight(body: memoryview) -> bool:
    said = json.loads(bytes(body))
    return said == 8 or said == [8] or (isinstance(said, dict) and said.get("x") == 8)


def raw(path: str) -> Question:
    return lambda port: ask_of(path, port, DATA, BYTES, _ends_with_back)


def number(path: str) -> Question:
    return lambda port: ask_of(path, port, b'{"x": 7}', JSON, _is_eight)


def form(path: str, name: str) -> Question:
    """The bytes as a form's file."""
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="x"\r\n\r\n'.encode()
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    return lambda port: ask_of(path, port, head + DATA + b"\r\n--b--\r\n", kind, _ends_with_back)


# --- Rung ----------------------------------------------------------------------------------------------------------


def _tensors(*arrays: tuple[str, np.ndarray]) -> tuple[bytes, dict[str, str]]:
    """An inference request of the Open Inference Protocol with everything in binary."""
    inputs = [
        {"name": n, "datatype": "UINT8", "shape": list(a.shape), "parameters": {"binary_data_size": a.size}}
        for n, a in arrays
    ]
    text = json.dumps({"inputs": inputs, "parameters": {"binary_data_output": True}}).encode()
    headers = BYTES | {"Inference-Header-Content-Length": str(len(text))}
    return text + b"".join(a.tobytes() for _, a in arrays), headers


def _rung_echo(port: int) -> Ask:
    data = np.frombuffer(DATA, np.uint8)
    pixels, mask = data[: 512 * 512 * 3].reshape(512, 512, 3), data[512 * 512 * 3 :].reshape(512, 512)
    body, headers = _tensors(("pixels", pixels), ("mask", mask))
    pad = 683 * 512 * 3 - len(BACK)

    def right(answer: memoryview) -> bool:
        whole = len(answer) > len(BACK) and answer[-len(BACK) - pad : len(answer) - pad] == BACK
        return whole and b"provenance" in bytes(answer[:512])

    return ask_of("/v2/models/bench-echo/infer", port, body, headers, right)


def _rung_wait(port: int) -> Ask:
    body, headers = _tensors(("pixels", np.full((1, 1, 3), 7, np.uint8)), ("mask", np.zeros((1, 1), np.uint8)))
    return ask_of(
        "/v2/models/bench-wait/infer", port, body, headers, lambda answer: bytes(answer[-3:]) == b"\x08\x08\x08"
    )


def _rung_app_echo(port: int) -> Ask:
    """The same bytes as a picture that nobody decodes, to an operation of an app."""
    from peers.rung_echo.echo_app import picture

    image = picture(DATA)
    head = b'--b\r\nContent-Disposition: form-data; name="image"; filename="x.png"\r\n\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=b", "Accept": "image/png"}
    return ask_of("/v1/bench/echo", port, head + image + b"\r\n--b--\r\n", kind, lambda body: len(body) > len(DATA))


def _rung_app_wait(port: int) -> Ask:
    return ask_of("/v1/bench/wait", port, b'{"x": 7}', JSON, lambda body: json.loads(bytes(body))["output"]["x"] == 8)


def _rung(name: str) -> Peer:
    return Peer(
        name=name,
        requirement="",
        command=("{python}", "-m", "rung.cli.main", "serve", "--no-console", "--port", "{port}"),
        path="",
        env={"RUNG_DATA_DIR": "{folder}", "PYTHONPATH": os.pathsep.join([*_OURS, str(HERE / "rung_echo"), str(HERE)])},
    )


_OURS = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]

RUNG = Lane(peer=_rung("rung"), echo=_rung_echo, wait=_rung_wait, worker="rung:bench")
"""Called by the Open Inference Protocol: one call of one variant, with its provenance."""
RUNG_APP = Lane(peer=_rung("rung, an app's operation"), echo=_rung_app_echo, wait=_rung_app_wait, worker="rung:bench")
"""A job with its record, and a result that is kept as a file and can be asked for again."""

# --- the others ----------------------------------------------------------------------------------------------------


def _peer(
    name: str, requirement: str, *command: str, env: Mapping[str, str] | None = None, beside: tuple[str, ...] = ()
) -> Peer:
    more = (NUMPY, *beside) if requirement else ()
    return Peer(name=name, requirement=requirement, command=command, path="", env=env or {}, beside=more)


_PORT = ("--host", "127.0.0.1", "--port", "{port}")
_THROUGHPUT = {"RAY_SERVE_ENABLE_HA_PROXY": "1", "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1"}
"""What Ray's page on high throughput says to set."""

BARE = Lane(
    peer=_peer("bare worker", "", "{python}", "bare_worker.py", "{port}"),
    echo=raw("/echo"),
    wait=number("/wait"),
    worker="bare_worker.py",
)
FASTAPI = Lane(
    peer=_peer(
        "fastapi", "fastapi[standard]==0.165.0",
        "{python}", "-m", "uvicorn", "fastapi_echo:app", *_PORT, "--no-access-log", "--log-level", "warning",
    ),
    echo=raw("/echo"),
    wait=number("/wait"),
)  # fmt: skip
MOSEC = Lane(
    peer=_peer("mosec", "mosec==0.9.8", "{python}", "mosec_echo.py", "--address", "127.0.0.1", "--port", "{port}"),
    echo=raw("/echo"),
    wait=number("/wait"),
    worker="spawn_main",
)
LITSERVE = Lane(
    peer=_peer(
        "litserve", "litserve==0.2.19", "{python}", "litserve_echo.py", "{port}", beside=("python-multipart==0.0.34",)
    ),
    echo=form("/echo", "data"),
    wait=number("/wait"),
    worker="spawn_main",
)
BENTOML = Lane(
    peer=_peer(
        "bentoml", "bentoml==1.4.39", "{bin}/bentoml", "serve", "bentoml_echo:Echo", *_PORT,
        env={"BENTOML_DO_NOT_TRACK": "True", "BENTOML_HOME": "{folder}"},
    ),
    echo=raw("/echo"),
    wait=lambda port: ask_of("/wait", port, b'{"x": [7]}', JSON, _is_eight),
    worker="--service-name",
)  # fmt: skip
RAY = Lane(
    peer=_peer("ray serve", "ray[serve]==2.60.0", "{python}", "ray_echo.py", "{port}",
               env={"RAY_USAGE_STATS_ENABLED": "0"}),
    echo=raw("/echo"),
    wait=number("/wait"),
    worker="ServeReplica",
)  # fmt: skip
RAY_FAST = Lane(
    peer=_peer("ray serve, throughput mode", "ray[serve]==2.60.0", "{python}", "ray_echo.py", "{port}",
               env={"RAY_USAGE_STATS_ENABLED": "0", **_THROUGHPUT}),
    echo=raw("/echo"),
    wait=number("/wait"),
    worker="ServeReplica",
)  # fmt: skip

ALL = (RUNG, RUNG_APP, BARE, FASTAPI, MOSEC, LITSERVE, BENTOML, RAY, RAY_FAST)
