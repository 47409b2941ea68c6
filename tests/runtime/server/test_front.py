"""Which way a request goes: inference by its path alone, all else by the router."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.routing import Route

from rung.runtime.server.front import Front


async def reached(path: str, *, method: str = "POST", kind: str = "http", root: str = "") -> tuple[str, dict[str, Any]]:
    """Which of the two was called, and the scope that it was given."""
    ways = []

    class Way:
        def __init__(self, name: str) -> None:
            self.name = name

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            ways.append(self.name)

    route = Route("/v2/models/{model}/infer", Way("inference"), methods=["POST"])
    scope: dict[str, Any] = {"type": kind, "method": method, "path": path, "root_path": root}
    await Front(route, Way("router"))(scope, None, None)  # type: ignore[arg-type]
    (way,) = ways
    return way, scope


async def test_inference_is_found_by_its_path_and_named_for_the_log() -> None:
    way, scope = await reached("/v2/models/u2-net/infer")

    assert (way, scope["path_params"], scope["route"].path) == (
        "inference", {"model": "u2-net"}, "/v2/models/{model}/infer",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/v2/models/u2-net/infer", {"method": "GET"}),
        ("/v2/models/u2-net/infer", {"kind": "websocket"}),
        ("/v2/models/u2-net/infer", {"root": "/below"}),
        ("/v2/models/u2-net/ready", {}),
        ("/v2/models/u2-net/versions/1/infer", {}),
        ("/v2/models//infer", {}),
        ("/v2/models/infer", {}),
        ("/v2/models/u2-net/infer/", {}),
        ("/v1/models/u2-net/infer", {}),
    ],
)
async def test_everything_else_goes_by_the_router(path: str, more: dict[str, str]) -> None:
    way, scope = await reached(path, **more)

    assert way == "router" and "route" not in scope
