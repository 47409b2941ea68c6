"""Drill 29: a key planted wherever a user or an owner can put one, on a real server that says all it can.

Then everything that it wrote, answered, kept and handed to its workers is searched for them.
"""

from __future__ import annotations

import base64
import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from PIL import Image

from rung.runtime.testing import processes
from rung.runtime.testing.served import Served, served


def made(place: str) -> str:
    """A secret that stands in that place and nowhere else."""
    return sha256(place.encode()).hexdigest()[:32]


OURS = {
    "the callbacks' secret": "whsec_" + made("callback"),
    "a provider's key": "sk-proj-" + made("provider"),
    "a hub's token": "hf_" + made("hub"),
    "a password of another program": made("password"),
}
"""In the server's environment."""
THEIRS = {
    "a wrong key": f"rung_7f3a9c0000_{made('wrong')}abcdefghijk",
    "a bearer of another service": "sk-" + made("bearer"),
    "a password in the URL": made("userinfo"),
    "X-API-Key": made("header"),
    "a header of their own": made("custom"),
    "a cookie": made("cookie"),
    "X-Request-ID": "sk-" + made("request"),
    "a query": made("query"),
    "a referer": made("referer"),
    "an agent": made("agent"),
    "a prompt": made("prompt"),
    "a file's name": made("filename"),
    "a picture": made("picture"),
    "a body that cannot be read": made("body"),
}
"""In requests. A prompt is kept with its job, and is the caller's to read again; it is written nowhere else."""
ECHOED = {
    "a field's name": "sk-" + made("field"),
    "an option's name": "sk-" + made("option"),
    "an option's value": "sk-" + made("value"),
    "a path": "sk-" + made("path"),
}
"""What an error's sentence would repeat to say what is wrong."""
ENVIRONMENT = {
    "RUNG_CALLBACK_SECRET": OURS["the callbacks' secret"],
    "OPENAI_API_KEY": OURS["a provider's key"],
    "HF_TOKEN": OURS["a hub's token"],
    "OTHER_PASSWORD": OURS["a password of another program"],
}


def forms(secret: str) -> Iterator[bytes]:
    """As it is, in a URL, and as HTTP's basic authentication wraps it."""
    yield secret.encode()
    yield quote(secret, safe="").encode()
    for at in range(3):  # wherever in base64's groups of three it begins
        whole = base64.b64encode(b"x" * at + secret.encode())
        yield whole[4 if at else 0 : -4]


def hits(found: Mapping[str, bytes], secrets: Mapping[str, str]) -> dict[str, list[str]]:
    """Place -> the secrets that stand in it."""
    seen = {
        where: [name for name, secret in secrets.items() if any(form in text for form in forms(secret))]
        for where, text in found.items()
    }
    return {where: names for where, names in seen.items() if names}


@dataclass
class Drill:
    """A server, and what it answered."""

    server: Served
    http: httpx.Client
    answers: list[bytes] = field(default_factory=list)

    def ask(self, method: str, path: str, **how: object) -> httpx.Response:
        got = self.http.request(method, path, **how)  # type: ignore[arg-type]
        self.answers.append(repr(got.headers.raw).encode() + got.content)
        return got

    def written(self) -> dict[str, bytes]:
        """What it wrote, and what it shows of itself."""
        return {
            "the log": self.server.log().encode(),
            "/metrics": self.http.get("/metrics").content,
            "/v1/models": self.http.get("/v1/models").content,
            "the answers": b"\n".join(self.answers),
        }

    def kept(self) -> dict[str, bytes]:
        """Every file of its data folder but the log."""
        files = [path for path in self.server.folder.rglob("*") if path.is_file() and path.name != "log"]
        return {path.name: path.read_bytes() for path in files}

    def below(self) -> dict[str, bytes]:
        """Environment and command line of every process below it."""
        return {
            f"{of} of {processes.name(pid)}": processes.file(pid, of)
            for pid in self.server.processes()[1:]
            for of in ("environ", "cmdline")
        }


@contextmanager
def drilled(folder: Path, form: str, **env: str) -> Iterator[Drill]:
    config = folder / "rung.toml"
    config.write_text(f'[log]\nlevel = "debug"\nformat = "{form}"\n')
    with (
        served("--no-console", "--config", str(config), env={**ENVIRONMENT, **env}) as server,
        httpx.Client(base_url=server.url, timeout=60) as http,
    ):
        yield Drill(server, http)


def plant(drill: Drill) -> None:
    """Each secret of THEIRS and ECHOED in its place."""
    url = drill.server.url
    for key in (THEIRS["a wrong key"], THEIRS["a bearer of another service"]):
        drill.ask("GET", "/v1/jobs", headers={"Authorization": f"Bearer {key}"})
    drill.ask("GET", url.replace("://", f"://someone:{THEIRS['a password in the URL']}@") + "/v1/jobs")
    headers = {
        "X-API-Key": THEIRS["X-API-Key"],
        "X-Custom": THEIRS["a header of their own"],
        "Cookie": f"session={THEIRS['a cookie']}",
        "X-Request-ID": THEIRS["X-Request-ID"],
        "Referer": f"http://localhost/?{THEIRS['a referer']}",
        "User-Agent": THEIRS["an agent"],
    }
    drill.ask("GET", f"/v1/jobs?token={THEIRS['a query']}", headers=headers)
    for path in (f"/v1/jobs/{ECHOED['a path']}", f"/v1/files/{ECHOED['a path']}", f"/{ECHOED['a path']}"):
        drill.ask("GET", path)
    drill.ask("POST", f"/v1/models/{ECHOED['a path']}/load")
    plant_in_bodies(drill)


def plant_in_bodies(drill: Drill) -> None:
    picture, mask = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (32, 24), (9, 90, 200)).save(picture, "PNG")
    Image.new("L", (32, 24), 255).save(mask, "PNG")
    whole = {"image": (THEIRS["a file's name"], picture.getvalue()), "mask": ("m.png", mask.getvalue())}
    cut = drill.ask("POST", "/v1/editor/cutout", files=whole)
    assert cut.status_code == 200, cut.text
    drill.ask("POST", "/v1/editor/fill", files=whole, data={"prompt": THEIRS["a prompt"]})
    drill.ask("POST", "/v1/editor/cutout", files={"image": ("x", THEIRS["a picture"].encode())})
    drill.ask("POST", "/v1/editor/cutout", json={"image": {"data": f"data:image/png;base64,{THEIRS['a picture']}"}})
    for body in ({ECHOED["a field's name"]: 1}, {"options": {ECHOED["an option's name"]: 1}}):
        drill.ask("POST", "/v1/editor/cutout", json=body)
    drill.ask("POST", "/v1/editor/cutout", json={"options": {"variant": ECHOED["an option's value"]}})
    drill.ask("POST", "/v1/editor/cutout", json={"options": {"seed": THEIRS["a body that cannot be read"]}})
    for content in (f'{{"{THEIRS["a body that cannot be read"]}', f"--b\r\n{THEIRS['a body that cannot be read']}"):
        for kind in ("application/json", "multipart/form-data; boundary=b"):
            drill.ask("POST", "/v1/editor/cutout", content=content, headers={"Content-Type": kind})


@pytest.fixture(params=["text", "json"])
def drill(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Drill]:
    with drilled(tmp_path, request.param) as running:
        yield running


def test_no_secret_is_written_shown_kept_or_handed_on(drill: Drill) -> None:
    plant(drill)

    assert hits(drill.written(), OURS | THEIRS) == {}
    assert hits(drill.kept(), {name: one for name, one in (OURS | THEIRS).items() if name != "a prompt"}) == {}
    below = drill.below()
    assert any("compute" in name for name in below), "no worker was searched"
    assert hits(below, OURS | THEIRS) == {}


def test_an_error_does_not_repeat_what_looks_like_a_key(drill: Drill) -> None:
    plant(drill)

    assert hits(drill.written(), ECHOED) == {}
    assert hits(drill.kept(), ECHOED) == {}


def test_a_log_at_its_wordiest_says_what_happened_to_each_request(drill: Drill) -> None:
    """Silence would pass the drill too."""
    drill.ask("GET", "/v1/jobs", headers={"X-Request-ID": "drill-0001"})

    until = time.monotonic() + 10
    while "drill-0001" not in (log := drill.server.log()) and time.monotonic() < until:
        time.sleep(0.02)  # the line is written when the answer is on its way
    assert re.search(r"drill-0001", log) and re.search(r"/v1/jobs", log)


def test_a_key_is_kept_as_its_hash_only(tmp_path: Path) -> None:
    with drilled(tmp_path, "json") as drill:
        secret = _new_key(drill.server.folder)
        got = drill.ask("GET", "/v1/jobs", headers={"Authorization": f"Bearer {secret}"})
        assert got.status_code == 200, got.text
        plant(drill)
        drill.ask("POST", "/v1/editor/cutout", content=secret, headers={"Authorization": f"Bearer {secret}"})
        kept = drill.kept()

        assert any(sha256(secret.encode()).hexdigest().encode() in data for data in kept.values()), "not its hash"
        for found in (drill.written(), kept, drill.below()):
            assert hits(found, {"a key": secret, "its end": secret.split("_", 2)[2]}) == {}


def _new_key(data: Path) -> str:
    """The secret of a fresh key of that data folder."""
    command = [sys.executable, "-m", "rung.cli.main", "keys", "create", "drill"]
    environment = {**os.environ, "RUNG_DATA_DIR": str(data)}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    found = re.search(r"rung_[0-9a-z]+_[A-Za-z0-9_-]{20,}", told.stdout)
    assert found, told.stdout + told.stderr
    return found[0]


@pytest.mark.parametrize("password", [f"{begun}{made('database')}" for begun in ("hunter2-", "p@ss/")])
def test_a_database_that_cannot_be_reached_is_told_without_its_password(tmp_path: Path, password: str) -> None:
    url = f"postgresql://rung:{quote(password, safe='')}@127.0.0.1:1/rung"
    with pytest.raises(RuntimeError) as told, drilled(tmp_path, "text", RUNG_DATABASE=url):
        pass

    said = str(told.value).encode()
    assert b"database" in said.lower() or b"connect" in said.lower(), "the database was not opened"
    assert hits({"the log": said}, {"the password": password}) == {}


def test_a_database_in_use_shows_its_password_nowhere(tmp_path: Path, postgres_url: str) -> None:
    password = "hunter2-" + made("database")
    with drilled(tmp_path, "text", RUNG_DATABASE=postgres_url.replace("rung@", f"rung:{password}@")) as drill:
        plant(drill)

        for found in (drill.written(), drill.kept(), drill.below()):
            assert hits(found, {"the password": password}) == {}
