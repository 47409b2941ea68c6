"""Drill 29: secrets planted wherever a caller or an operator may put one, and looked for everywhere else."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from drills.client import Client, problem_code, read_all
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Request
from drills.house import House
from drills.raw import exchange, get, post

_JSON = "Content-Type: application/json"


def run(stage: Stage, tally: Tally) -> None:
    """Each place has a secret of its own, so that a find says where it came from."""
    history = History()
    planted = {name: f"{prefix}{secrets.token_hex(16)}" for name, prefix in _PLACES.items()}
    env = {
        "RUNG_CALLBACK_SECRET": planted["callback secret"],
        "OPENAI_API_KEY": planted["provider key"],
        "AWS_SECRET_ACCESS_KEY": planted["cloud key"],
    }
    with stage.house(env=env, config='[log]\nlevel = "debug"\n') as house, Client(house.url, history) as client:
        client.warm()
        told: list[bytes] = []
        for _ in range(stage.rounds):
            told += _ask(house, planted)
            key = _made_key(house, tally)
            planted["made key"] = key.rpartition("_")[2]
            with httpx.Client(base_url=house.url, headers={"Authorization": f"Bearer {key}"}) as keyed:
                told += [keyed.post("/v1/toy/hash", json={"text": "with a key"}).content, keyed.get("/v1/jobs").content]
            for do in ("crash", "raise"):
                op = client.ask(Request(text="fails", do=do, may_fail=True))
                tally.demand(op.kind == "fail" and bool(problem_code(op)), f"{do} was answered {op.status}")
            client.submit(Request(text="later"))
            tally.rounds += 1
        read_all(house.url, history)
        told += [exchange(house.port, [get(path)]).body for path in ("/metrics", "/v1/jobs", "/v1/tasks", "/v1/models")]
        _search(house, tally, planted, told)
        house.end()
        _search(house, tally, planted, [])
    tally.judge(history)


_PLACES: Mapping[str, str] = {
    "callback secret": "whsec_", "provider key": "sk-", "cloud key": "", "wrong key": "rung_", "bearer": "sk-",
    "basic": "", "x-api-key": "", "cookie": "", "query": "", "callback user": "", "broken body": "",
    "unknown field": "", "file name": "", "custom header": "", "referer": "",
}  # fmt: skip


def _ask(house: House, planted: Mapping[str, str]) -> list[bytes]:
    """Requests that carry them, good ones and bad ones; what was answered."""
    good, p = json.dumps({"text": "a"}).encode(), planted
    callback = {"text": "a", "options": {"callback": f"https://user:{p['callback user']}@example.com/"}}
    part = f'--b\r\nContent-Disposition: form-data; name="image"; filename="{p["file name"]}.png"\r\n\r\nx\r\n--b--\r\n'
    requests = [
        post("/v1/toy/hash", good, _JSON, f"Authorization: Bearer {p['wrong key']}"),
        post("/v1/toy/hash", good, _JSON, f"Authorization: Bearer {p['bearer']}"),
        post("/v1/toy/hash", good, _JSON, f"Authorization: Basic {p['basic']}"),
        post("/v1/toy/hash", good, _JSON, f"X-Api-Key: {p['x-api-key']}"),
        post("/v1/toy/hash", good, _JSON, f"Cookie: rung_session={p['cookie']}; other={p['cookie']}"),
        post("/v1/toy/hash", good, _JSON, f"X-Custom: {p['custom header']}", f"Referer: https://a/?k={p['referer']}"),
        post(f"/v1/toy/hash?api_key={p['query']}", good, _JSON),
        get(f"/v1/jobs?token={p['query']}"),
        get(f"/nowhere?token={p['query']}"),
        post("/v1/toy/hash", json.dumps(callback).encode(), _JSON),
        post("/v1/toy/hash", f'{{"text": "{p["broken body"]}'.encode(), _JSON),
        post("/v1/toy/hash", json.dumps({"text": "a", "rounds": p["unknown field"]}).encode(), _JSON),
        post("/v1/files", part.encode(), "Content-Type: multipart/form-data; boundary=b"),
    ]
    return [exchange(house.port, [request]).body for request in requests]


def _made_key(house: House, tally: Tally) -> str:
    """A real key, by the command that makes them."""
    import os

    from drills.house import TOY

    path = os.pathsep.join(p for p in (house.source, str(TOY)) if p)
    env = {**os.environ, "PYTHONPATH": path, "RUNG_DATA_DIR": str(house.data), **house.env}
    name = f"drill-{secrets.token_hex(4)}"
    command = [sys.executable, "-m", "rung.cli.main", "keys", "create", name]
    made = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, cwd=house.folder, check=False)
    words = [word.strip("'\"`.,") for word in made.stdout.split()]
    found = next((word for word in words if word.startswith("rung_")), "")
    tally.demand(bool(found), f"no key was made: {made.stderr[-300:]}")
    return found or f"rung_{secrets.token_hex(16)}"


def _search(house: House, tally: Tally, planted: Mapping[str, str], told: list[bytes]) -> None:
    """Every file of the house but its own configuration, and every body that was answered."""
    files = {
        str(p.relative_to(house.folder)): p for p in house.folder.rglob("*") if p.is_file() and p.name != "rung.toml"
    }
    content = {name: _content(path) for name, path in files.items()}
    content |= {f"answer {n}": body for n, body in enumerate(told)}
    for place, secret in planted.items():
        tally.faults += 1
        found = [name for name, data in content.items() if secret.encode() in data]
        tally.demand(not found, f"the secret of {place!r} stands in {found[:4]}")
    workers = [pid for pid in house.processes() if house.process is not None and pid != house.pid]
    for place in ("provider key", "cloud key", "callback secret"):
        seen = [pid for pid in workers if planted[place].encode() in _environ(pid)]
        tally.demand(not seen, f"the {place} stands in the environment of {len(seen)} processes below the server")


def _content(path: Path) -> bytes:
    """Empty where it has gone meanwhile: a server that runs writes files beside and renames them."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _environ(pid: int) -> bytes:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read()
    except OSError:
        return b""


DRILL = Drill(
    number=29,
    title="planted secrets",
    promise="None is found in logs, answers, the database, files, metrics, or the environment of a worker.",
    mutation=Mutation(
        file="rung/runtime/keys/key.py",
        old="return sha256(secret.encode()).hexdigest()",
        new="return secret",
    ),
    run=run,
    short=1,
    long=5,
)
