import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from rung.cli import keys
from rung.runtime.errors import ConfigError, InvalidInput, NotFound
from rung.runtime.keys.key import SECRET


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    """Run a command in an empty folder with an environment of its own."""
    monkeypatch.chdir(tmp_path)
    env = {"RUNG_DATA_DIR": str(tmp_path / "data"), "RUNG_CACHE_DIR": str(tmp_path / "cache"), "COLUMNS": "120"}
    return lambda *words: CliRunner().invoke(keys.app, words, env=env)


def test_a_key_is_made_shown_once_listed_without_its_secret_and_revoked(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    made = run("create", "lab", "--rate", "2", "--concurrency", "3", "--daily-seconds", "600", "--expires", "30")
    secret = made.output.splitlines()[1]
    listed = run("list")
    key_id = json.loads(run("list", "--json").output)[0]["id"]
    revoked = run("revoke", key_id)
    after = run("list")

    assert made.exit_code == 0 and SECRET.fullmatch(secret)
    assert "cannot be shown again" in made.output
    assert "2/s, 10 at once; 3 open; 600 s a day" in listed.output and "until" in listed.output
    assert revoked.exit_code == 0 and "2 seconds" in revoked.output
    assert "revoked" in after.output
    for said in (listed, revoked, after):
        assert secret.split("_", 2)[2] not in said.output
    assert stat.S_IMODE((tmp_path / "data" / "rung.db").stat().st_mode) == 0o600


def test_programs_get_json(run: Callable[..., Result]) -> None:
    made = json.loads(run("create", "ci", "--scope", "admin", "--daily-cost", "1.5", "--json").output)
    (listed,) = json.loads(run("list", "--json").output)
    revoked = json.loads(run("revoke", made["id"], "--json").output)

    assert SECRET.fullmatch(made.pop("secret"))
    assert listed == made
    assert (made["scopes"], made["daily_cost"]) == (["admin", "infer"], 1.5)
    assert revoked["revoked"] is not None


def test_what_cannot_be_is_refused_with_a_sentence(run: Callable[..., Result]) -> None:
    assert "No keys" in run("list").output
    assert isinstance(run("revoke", "nothing").exception, NotFound)
    assert isinstance(run("create", "lab", "--scope", "root").exception, InvalidInput)
    assert isinstance(run("create", "").exception, InvalidInput)
    assert isinstance(run("list", "--config", "missing.toml").exception, ConfigError)
    assert run("create", "lab", "--rate", "0").exit_code == 2
