import asyncio
import json
from pathlib import Path

import pytest
from toy_app import TOY, Toy, encoded, settings

from rung.runtime.errors import ConfigError, RungError, _tree
from rung.runtime.server import check_bind, listener
from rung.runtime.server.errors import STATUS
from rung.runtime.server.inputs import endpoint
from rung.runtime.server.openapi import document
from rung.runtime.settings import ServerSettings


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_a_loopback_address_may_be_bound(host: str) -> None:
    check_bind(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.org", "", "127.0.0.1.example.org"])
def test_any_other_address_is_refused_with_the_reason(host: str) -> None:
    with pytest.raises(ConfigError, match="no keys"):
        check_bind(host)
    with pytest.raises(ConfigError):
        listener(None, ServerSettings(host=host))  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", ""])
async def test_a_host_name_that_is_not_this_machine_is_refused(toy: Toy, host: str) -> None:
    got = await toy.http.get("/v1/jobs", headers={"Host": host})

    assert (got.status_code, got.json()["code"]) == (421, "wrong-host")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9", "[::1]:8000", "LOCALHOST:1"])
async def test_this_machines_names_are_answered(toy: Toy, host: str) -> None:
    assert (await toy.http.get("/healthz", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://evil.example", 403), ("null", 403), ("http://localhost:1", 403), ("http://localhost:8000", 200)],
)
async def test_a_page_of_another_site_cannot_post(toy: Toy, origin: str, status: int) -> None:
    got = await toy.http.post("/v1/toy/sum", json={"points": []}, headers={"Origin": origin})

    assert got.status_code == status
    assert "access-control-allow-origin" not in got.headers


async def test_every_answer_carries_the_security_headers(toy: Toy) -> None:
    for path in ("/healthz", "/v1/jobs", "/v1/nothing", "/metrics"):
        got = await toy.http.get(path)
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["x-frame-options"] == "SAMEORIGIN"
        assert ("content-security-policy" in got.headers) == path.startswith("/v1/")


async def test_a_fault_of_ours_becomes_a_problem_with_an_id_for_the_log(toy: Toy) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret")

    toy.runner.jobs.memory.list = broken  # type: ignore[method-assign,assignment]

    got = await toy.http.get("/v1/jobs")

    assert (got.status_code, got.json()["code"]) == (500, "internal")
    assert "secret" not in got.text


async def test_readiness_tells_why_it_is_not(toy: Toy) -> None:
    ok = await toy.http.get("/readyz")
    toy.ready[0] = (False, "no task has a rung")
    no = await toy.http.get("/readyz")
    toy.ready[0] = (True, "")
    await toy.runner.drain(0)
    drained = await toy.http.get("/readyz")
    refused = await toy.http.post("/v1/toy/sum", json={"points": []})

    assert (ok.status_code, no.status_code, drained.status_code) == (200, 503, 503)
    assert "no task has a rung" in no.json()["detail"]
    assert refused.json()["code"] == "draining"


async def test_a_server_whose_disk_is_full_is_not_ready_with_the_remedy_and_is_again_by_itself(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toy.runner.artifacts, "_min_free", 2**62)
    no = await toy.http.get("/readyz")
    refused = await toy.http.post("/v1/toy/sum", json={"points": []})
    alive = await toy.http.get("/healthz")
    monkeypatch.undo()
    ok = await toy.http.get("/readyz")

    assert (no.status_code, refused.status_code, alive.status_code, ok.status_code) == (503, 507, 200, 200)
    assert no.json()["code"] == "not-ready" and "min_free" in no.json()["detail"]


async def test_metrics_count_requests_durations_jobs_and_what_status_gives(toy: Toy) -> None:
    await toy.http.post("/v1/toy/sum", json={"points": []})
    await toy.http.post("/v1/toy/sum", content="{", headers={"content-type": "application/json"})

    lines = (await toy.http.get("/metrics")).text.splitlines()

    assert 'rung_requests_total{operation="toy.sum",status="200"} 1' in lines
    assert 'rung_requests_total{operation="toy.sum",status="400"} 1' in lines
    assert 'rung_request_seconds_bucket{operation="toy.sum",le="+Inf"} 2' in lines
    assert 'rung_jobs{status="succeeded"} 1' in lines
    assert 'rung_variant_queued_calls{variant="echo-1"} 2' in lines


async def test_models_are_listed_with_their_state_and_can_be_told(toy: Toy) -> None:
    listed = (await toy.http.get("/v1/models")).json()["models"]
    for verb in ("load", "unload", "pin", "unpin"):
        assert (await toy.http.post(f"/v1/models/echo-1/{verb}")).status_code == 200

    assert [(row["variant"], row["state"]) for row in listed] == [
        ("echo-1", {"state": "ready", "queued": 2}),
        ("echo-2", None),
    ]
    assert [verb for verb, _ in toy.admin.did] == ["load", "unload", "pin", "unpin"]
    assert "'echo-1'" in (await toy.http.post("/v1/models/eco-1/load")).json()["detail"]
    assert (await toy.http.post("/v1/models/echo-1/boil")).status_code == 404
    assert (await toy.http.get("/v1/tasks")).json()["tasks"][0]["ladder"] == ["echo-1", "echo-2"]


async def test_a_file_is_kept_by_either_way_of_sending_it(toy: Toy) -> None:
    raw = await toy.http.post("/v1/files", content=encoded())
    form = await toy.http.post("/v1/files", files={"file": ("a.jpg", encoded(), "image/jpeg")})
    text = await toy.http.post("/v1/files", content=b"<script>")
    gone = await toy.http.get("/v1/files/..%2f..%2fetc%2fpasswd")

    assert (raw.status_code, raw.json()) == (201, form.json())
    assert raw.json()["media_type"] == "image/png"
    assert (text.status_code, gone.status_code) == (415, 404)


def test_every_error_code_has_a_status() -> None:
    assert set(STATUS) == set(_tree(RungError))


async def test_the_openapi_document_is_whole(toy: Toy) -> None:
    api = (await toy.http.get("/openapi.json")).json()

    assert api["openapi"] == "3.1.0"
    names = [verb["operationId"] for path in api["paths"].values() for verb in path.values()]
    assert len(names) == len(set(names)) == 6 + 17 + 9
    refs = {line.split('"')[3] for line in json.dumps(api, indent=0).splitlines() if line.startswith('"$ref"')}
    assert {ref.rpartition("/")[2] for ref in refs} <= set(api["components"]["schemas"])
    for path, verbs in api["paths"].items():
        for verb in verbs.values():
            inside = {p["name"] for p in verb["parameters"] if p["in"] == "path"}
            assert inside == {piece[1:-1] for piece in path.split("/") if piece.startswith("{")}
            assert "default" in verb["responses"]


async def test_an_operations_examples_are_accepted_by_it(toy: Toy) -> None:
    api = (await toy.http.get("/openapi.json")).json()
    content = api["paths"]["/v1/toy/sum"]["post"]["requestBody"]["content"]

    by_json = await toy.http.post("/v1/toy/sum", json=content["application/json"]["example"])
    form = content["multipart/form-data"]
    sent = {k: (None, v if k not in form["encoding"] else json.dumps(v)) for k, v in form["example"].items()}
    by_form = await toy.http.post("/v1/toy/sum", files=sent)

    assert by_json.json()["output"] == by_form.json()["output"] == {"total": 3.0, "note": "2024"}
    assert set(form["encoding"]) == {"points", "scale", "exact", "options"}


def test_a_field_named_options_is_refused_when_the_server_is_made(tmp_path: Path) -> None:
    from dataclasses import replace

    from pydantic import create_model

    clashing = replace(TOY.operations[0], input=create_model("Clash", options=(str, "")))

    with pytest.raises(ValueError, match="options"):
        endpoint(TOY, clashing, settings(tmp_path))


def test_limits_in_the_settings_replace_the_operations_own(tmp_path: Path) -> None:
    made = settings(tmp_path, **{"toy.size": {"bytes": 10}})  # type: ignore[arg-type]

    at = endpoint(TOY, TOY.operations[0], made)

    assert (at.limits.bytes, at.limits.files) == (10, 32)
    described = document([TOY], [at], "0")["paths"]["/v1/toy/size"]["post"]["description"]
    assert described.startswith("At most 10 bytes")


async def test_a_web_socket_of_another_host_is_closed_before_it_opens(toy: Toy) -> None:
    sent: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/", "headers": [(b"host", b"evil.example")], "query_string": b""}

    await asyncio.wait_for(toy.app(scope, None, send), 5)  # type: ignore[arg-type]

    assert [message["type"] for message in sent] == ["websocket.close"]
