from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from rung.cli import models
from rung.runtime.errors import NotFound, NotReady, Unavailable
from rung.runtime.testing.served import served

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Run a command against a real server."""
    config = tmp_path_factory.mktemp("models") / "rung.toml"
    config.write_text("[variant.grabcut]\nttl_s = 600\n")
    with served("--no-console", "--config", str(config)) as server:
        env = {"COLUMNS": "160", "RUNG_DATA_DIR": str(server.folder)}
        yield lambda *words: CliRunner().invoke(models.app, [*words, "--server", server.url], env=env)


def states(run: Run) -> dict[str, dict[str, object]]:
    return {row["variant"]: row["state"] for row in json.loads(run("list", "--json").output)}


def test_a_model_is_loaded_pinned_listed_and_unloaded(run: Run) -> None:
    loaded, pinned = run("load", "grabcut"), run("pin", "grabcut")
    listed = run("list").output
    unpinned, unloaded = run("unpin", "grabcut"), run("unload", "grabcut")

    assert loaded.output == "grabcut is ready, unloaded after 600 s without a call.\n"
    assert pinned.output == "grabcut is ready, pinned.\n"
    (line,) = [line for line in listed.splitlines() if line.startswith("grabcut")]
    assert "segment" in line and "cpu" in line and "ready, pinned" in line and "MiB" in line
    assert unpinned.output == "grabcut is ready, unloaded after 600 s without a call.\n"
    assert unloaded.output == "grabcut is unloaded.\n"
    assert states(run)["grabcut"]["state"] == "unloaded"


def test_how_long_a_model_stays_is_set_and_shown_and_it_leaves_then(run: Run) -> None:
    run("load", "grabcut")
    assert states(run)["grabcut"]["ttl_s"] == 600, "as rung.toml says"

    assert run("keep", "grabcut").output == "grabcut is ready.\n"
    assert states(run)["grabcut"]["ttl_s"] is None
    assert (
        run("keep", "grabcut", "--ttl", "86400").output == "grabcut is ready, unloaded after 86400 s without a call.\n"
    )
    assert run("keep", "grabcut", "--ttl", "0").exit_code == 2

    run("keep", "grabcut", "--ttl", "1")
    deadline = time.monotonic() + 20
    while states(run)["grabcut"]["state"] != "unloaded":
        assert time.monotonic() < deadline


def test_who_does_not_wait_is_told_that_it_loads(run: Run) -> None:
    said = run("load", "--no-wait", "grabcut")

    assert said.output.startswith(("grabcut is being loaded", "grabcut is ready"))
    assert run("load", "grabcut").output.startswith("grabcut is ready"), "it went on, or was done"


def test_a_name_that_is_none_is_refused_with_the_nearest(run: Run) -> None:
    refused = run("load", "grabcat")

    assert isinstance(refused.exception, NotFound)
    assert "'grabcut'" in refused.exception.message


def test_without_a_server_the_command_says_so(tmp_path: Path) -> None:
    env = {"RUNG_DATA_DIR": str(tmp_path)}
    said = CliRunner().invoke(models.app, ["list", "--server", "http://127.0.0.1:9"], env=env)

    assert isinstance(said.exception, Unavailable)
    assert "rung serve" in said.exception.message


class Slow:
    """A server that still loads when it is asked first."""

    def __init__(self) -> None:
        self.asked = 0

    def model(self, variant: str, verb: str, *, wait: bool = True) -> dict[str, object]:
        self.asked += 1
        if self.asked == 1:
            raise NotReady("migan is still being loaded, and goes on; ask again in about 9 s")
        return {"variant": variant, "state": {"state": "ready"}}


def test_a_load_that_takes_long_is_asked_for_until_it_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    slow = Slow()

    assert models._load(slow, "migan", True)["variant"] == "migan"  # type: ignore[arg-type]
    assert (slow.asked, "about 9 s" in capsys.readouterr().err) == (2, True)
