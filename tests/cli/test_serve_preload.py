"""A real server that loads models when it starts: it answers meanwhile, and says what is not there."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from rung.runtime.testing.served import served


def test_a_server_loads_what_it_was_told_and_one_that_cannot_be_loaded_is_named_and_left_alone(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    config = tmp_path / "rung.toml"
    config.write_text(
        '[machine]\npreload = ["migan", "grabcut"]\n[variant.migan]\nweights = "broken.onnx"\n'
        "[variant.grabcut]\npinned = true\n"
    )
    with served("--no-console", "--config", str(config)) as server, httpx.Client(base_url=server.url) as http:
        detail = http.get("/readyz").json()["detail"]
        rows = {row["variant"]: row["state"] for row in http.get("/v1/models").json()["models"]}
        log = server.log()
        (claim,) = json.loads((server.folder / "ledger.json").read_text())["entries"]

    assert (claim["pid"], claim["device"]) == (server.pid, "cpu")
    assert claim["held"] > 0 and claim["claimed"] == rows["grabcut"]["reserved"]
    assert rows["grabcut"]["state"] == "ready" and rows["grabcut"]["pinned"] is True
    assert (rows["migan"]["state"], rows["migan"]["trouble"]["state"]) == ("unloaded", "quarantined")
    assert "migan is quarantined" in detail and "not loaded from the start" in detail
    assert "migan could not be loaded at the start" in log.replace("migan@cpu", "migan")
