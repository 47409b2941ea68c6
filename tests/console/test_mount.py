import asyncio
import subprocess
import sys

import pytest

from rung.console.mount import API, OWN, Composed, mount
from rung.runtime.app import App
from rung.runtime.errors import ConfigError


class Side:
    """An ASGI application that remembers what it was asked and how its life went."""

    def __init__(self, name: str, story: list[str], fails: bool = False) -> None:
        self.name, self.story, self.fails = name, story, fails

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "lifespan":
            self.story.append(f"{self.name} {scope['path']}")
            return
        await receive()
        if self.fails:
            await send({"type": "lifespan.startup.failed", "message": "no disk"})
            return
        self.story.append(f"{self.name} up")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.story.append(f"{self.name} down")
        await send({"type": "lifespan.shutdown.complete"})


def composed(fails: bool = False) -> tuple[Composed, list[str]]:
    story: list[str] = []
    own = OWN | {"editor"}
    return Composed(api=Side("api", story), console=Side("console", story, fails), own=own), story


async def live(app: Composed) -> list[str]:
    """Runs the application's life from start to end; the types of what it sent."""
    said: list[str] = []
    orders = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive() -> dict:
        return orders.pop(0)

    async def send(message: dict) -> None:
        said.append(message["type"])

    try:
        async with asyncio.timeout(5):
            await app({"type": "lifespan"}, receive, send)
    except RuntimeError as error:
        said.append(str(error))
    return said


@pytest.mark.parametrize(
    "path", ["/v1/editor/remove", "/v2/health/live", "/healthz", "/metrics", "/openapi.json", "/x"]
)
async def test_every_path_that_is_not_the_consoles_reaches_the_api(path: str) -> None:
    app, story = composed()

    await app({"type": "http", "path": path}, None, None)

    assert story == [f"api {path}"]


@pytest.mark.parametrize(
    "path", ["/", "/editor", "/editor/samples/a.jpg", "/_nicegui/3/x.js", "/_nicegui_ws/socket.io/"]
)
async def test_the_consoles_paths_reach_the_console(path: str) -> None:
    app, story = composed()

    await app({"type": "http", "path": path}, None, None)

    assert story == [f"console {path}"]


async def test_both_lives_run_and_end_in_reverse_order() -> None:
    app, story = composed()

    said = await live(app)

    assert story == ["api up", "console up", "console down", "api down"]
    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_a_console_that_cannot_start_stops_the_server_and_ends_the_api() -> None:
    app, story = composed(fails=True)

    said = await live(app)

    assert story == ["api up"], "the API's end is cut off by its cancellation, not awaited for ever"
    assert said[0] == "lifespan.startup.failed"
    assert "no disk" in said[1]


def test_importing_the_mount_loads_nothing_of_the_web_library() -> None:
    code = "import sys, rung.console.mount; sys.exit('nicegui' in sys.modules or 'fastapi' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], timeout=60)

    assert done.returncode == 0


@pytest.mark.parametrize("name", sorted((OWN | API) - {""}))
def test_an_app_that_would_hide_a_path_is_refused(name: str) -> None:
    app = App(name=name, title="", summary="", operations=(), page="nowhere:mount")

    with pytest.raises(ConfigError, match="that path is taken"):
        mount(Side("api", []), [app], base_url="http://127.0.0.1:1")


def test_a_page_that_cannot_be_found_is_named() -> None:
    app = App(name="toy", title="", summary="", operations=(), page="rung.apps.toy:mount")

    with pytest.raises(ConfigError, match=r"rung\.apps\.toy:mount"):
        mount(Side("api", []), [app], base_url="http://127.0.0.1:1")
