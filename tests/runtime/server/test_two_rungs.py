"""Two Rungs of one user on a machine, as real processes: what one has claimed, the other waits for."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx

from rung.apps.editor import samples
from rung.runtime.testing.served import served

_CLAIM = """
import sys
from pathlib import Path
from rung.runtime.ledger import Ledger
claim = Ledger(Path(sys.argv[1]), "the other one").claim("large", "cpu", 2**50, lambda: None, 2**50)
print(claim.granted, flush=True)
sys.stdin.read()
"""


@contextmanager
def other_rung(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """It has claimed all the memory there is."""
    command = [sys.executable, "-c", _CLAIM, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        yield process
        process.kill()


def test_a_call_waits_for_what_another_rung_has_claimed_and_runs_when_that_one_dies(tmp_path: Path) -> None:
    picture = (Path(samples.__path__[0]) / "dogs.jpg").read_bytes()
    form = {"points": "[[400, 300]]", "options": '{"variant": "grabcut", "deadline_s": 50}'}
    with (
        other_rung(tmp_path / "run") as other,
        served("--no-console", env={"RUNG_RUNTIME_DIR": str(tmp_path / "run")}) as server,
        ThreadPoolExecutor(1) as thread,
    ):
        answer = thread.submit(
            httpx.post, f"{server.url}/v1/editor/segment", data=form, files={"image": picture}, timeout=60
        )
        deadline = time.monotonic() + 30
        while _row(server.url, "grabcut")["queued"] == 0:
            assert time.monotonic() < deadline and not answer.done()
            time.sleep(0.05)
        assert _row(server.url, "grabcut")["state"] == "unloaded"

        other.kill()

        (provenance,) = [one for one in answer.result().json()["provenance"] if one["task"] == "segment"]
        assert (provenance["variant"], provenance["attempts"]) == ("grabcut", 1)


def _row(url: str, variant: str) -> dict[str, object]:
    rows = httpx.get(f"{url}/v1/models").raise_for_status().json()["models"]
    (state,) = [row["state"] for row in rows if row["variant"] == variant]
    return dict(state)
