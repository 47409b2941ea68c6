"""`describe` by HTTP with a model server beside it: keys by environment, the cost in the provenance, offline obeyed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import httpx
from drawings_maker import scan

from rung.runtime.testing.served import served

sys.path.append(str(Path(__file__).parents[2] / "runtime" / "providers"))

from scripted import openai, serving

KEY = "endpoint-key-that-no-log-may-hold"
SAID = {
    "information_block": [],
    "dimensions": ["⌀25H7"],
    "manufacturing_process": [{"process": "turning", "because": "⌀25H7"}],
    "qc_checklist": ["⌀25H7: bore gauge"],
}


def test_a_server_on_this_machine_describes_a_drawing_offline_and_nobody_else_is_asked(tmp_path: Path) -> None:
    config = tmp_path / "rung.toml"
    with serving(openai(json.dumps(SAID))) as model:
        config.write_text(f'[variant."qwen2.5-vl-7b"]\noptions = {{ url = "{model.url}" }}\n')
        env = {"RUNG_CONFIG": str(config), "RUNG_OFFLINE": "1", "RUNG_ENDPOINT_KEY": KEY, "OPENAI_API_KEY": "sk-none"}
        with served("--no-console", env=env) as server, httpx.Client(base_url=server.url, timeout=60) as http:
            form = {"read": "false", "options": json.dumps({"privacy": "any"})}
            got = http.post("/v1/drawings/describe", files={"file": ("a.png", scan().data, "image/png")}, data=form)
            tasks = {one["task"]: one for one in http.get("/v1/tasks").json()["tasks"]}
            load = http.post("/v1/models/qwen2.5-vl-7b/load")
            log = server.log()

    assert got.status_code == 200, got.text
    answer = got.json()
    made = answer["provenance"][-1]
    assert answer["output"]["dimensions"] == ["⌀25H7"] and answer["output"]["described_by"] == "qwen2.5-vl-7b"
    assert (made["node"], made["device"], made["cost"]["amount"]) == ("endpoint", "elsewhere", 0)
    assert model.asked[0][1]["authorization"] == f"Bearer {KEY}" and KEY not in log + got.text
    why = {one["variant"]: one["code"] for one in tasks["describe"]["rejected"]}
    assert (why["anthropic"], why["openai"]) == ("offline", "offline")
    assert (load.status_code, load.json()["code"]) == (409, "conflict")
