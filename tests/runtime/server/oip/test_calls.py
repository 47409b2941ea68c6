"""A direct call is one call among the others: its JSON form, its key, its place in the queue, its end."""

import asyncio
import base64
import json
from pathlib import Path

import pytest
from oip_server import Tensors, listening, tensors
from starlette.datastructures import Headers
from test_malformed import MASK, PICTURE, PIXELS, POINTS, echo
from test_triton_client import picture

from rung.runtime.errors import Draining, RateLimited, Unauthorized
from rung.runtime.keys import OWNER, Caller, Gate
from rung.runtime.keys.key import Allowance
from rung.runtime.server.auth import Door
from rung.runtime.server.meter import Meter

INFER = "/v2/models/echo/infer"


async def test_plain_json_is_answered_in_plain_json(served: Tensors) -> None:
    url = "data:image/png;base64," + base64.b64encode(picture()).decode()
    sent = {"inputs": [PICTURE | {"data": [url]}, POINTS | {"data": [[1, 2, 0]]}]}

    got = await served.http.post("/v2/models/click/infer", json=sent)

    said = {one["name"]: one for one in got.json()["outputs"]}
    assert got.headers["content-type"] == "application/json" and "inference-header-content-length" not in got.headers
    assert said["mask"] == {"name": "mask", "datatype": "UINT8", "shape": [2, 3], "data": [255] * 6}
    assert (said["box"]["data"], said["score"]["data"], said["width"]["data"]) == ([1, 1, 4, 3], [0.5], [6])


async def test_the_variant_that_was_named_is_the_one_that_is_asked(served: Tensors) -> None:
    await served.http.post(INFER, content=echo(PIXELS, MASK, parameters={"seed": 3, "timeout": 2_500_000}))

    policy = served.caller.policies[0]
    assert (policy.variant, policy.seed, policy.quality_floor) == ("echo", 3, "")
    assert 2 < served.caller.left_s <= 2.5


async def test_a_caller_that_hangs_up_takes_its_call_along(tmp_path: Path) -> None:
    async with listening(tmp_path) as (url, made):
        made.caller.hold = True
        host, _, port = url.partition(":")
        _, writer = await asyncio.open_connection(host, int(port))
        head = f"POST {INFER} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(echo())}\r\n\r\n"
        writer.write(head.encode() + echo())
        await asyncio.wait_for(made.caller.hanging.wait(), 5)
        assert made.runner.desk.calls == 1
        writer.close()

        await asyncio.wait_for(made.caller.cancelled.wait(), 5)


async def test_direct_calls_count_in_the_queue_with_the_jobs(served: Tensors) -> None:
    served.caller.hold = True
    waiting = [asyncio.create_task(served.http.post(INFER, content=echo())) for _ in range(8)]
    async with asyncio.timeout(5):
        while served.runner.desk.calls < 8:
            await asyncio.sleep(0)

    refused = await served.http.post(INFER, content=echo())
    for call in list(served.runner.direct.open):
        call.end(Draining("the server is going down"))
    ended = await asyncio.gather(*waiting)

    assert (refused.status_code, int(refused.headers["retry-after"]) >= 1) == (429, True)
    assert {got.status_code for got in ended} == {503}


async def test_a_draining_server_waits_for_its_calls_and_takes_no_more(served: Tensors) -> None:
    served.caller.hold = True
    waiting = asyncio.create_task(served.http.post(INFER, content=echo()))
    await asyncio.wait_for(served.caller.hanging.wait(), 5)

    await asyncio.wait_for(served.runner.drain(0.01), 5)
    ended = await waiting
    refused = await served.http.post(INFER, content=echo())
    ready = await served.http.get("/v2/health/ready")

    assert [got.status_code for got in (ended, refused, ready)] == [503, 503, 503]
    assert "going down" in ended.json()["error"]


class OneKey(Door):
    """Knows one secret of a key that may infer, and one that is the owner's."""

    async def caller(self, headers: Headers, address: str) -> Caller:
        said = headers.get("authorization", "")
        if said == "Bearer owner":
            return OWNER
        if said != "Bearer user":
            raise Unauthorized("a key is needed")
        return Caller(
            key="k1", name="user", scopes=frozenset({"infer"}), allowance=Allowance(rate_per_s=0.001, burst=1)
        )


async def test_keys_and_scopes_hold_here_too(tmp_path: Path) -> None:
    user, owner = {"Authorization": "Bearer user"}, {"Authorization": "Bearer owner"}
    async with tensors(tmp_path, door=OneKey(), meter=Meter(Gate())) as made:
        http = made.http
        open_to_all = [(await http.get(f"/v2/health/{what}")).status_code for what in ("live", "ready")]
        stranger = await http.get("/v2/models/echo")
        user_loads = await http.post("/v2/repository/models/echo/load", headers=user)
        owner_loads = await http.post("/v2/repository/models/echo/load", headers=owner)
        first = await http.post(INFER, content=echo(), headers=user)
        second = await http.post(INFER, content=echo(), headers=user)

    assert open_to_all == [200, 200]
    assert (stranger.status_code, stranger.json()) == (401, {"error": "a key is needed"})
    assert stranger.headers["www-authenticate"].startswith("Bearer")
    assert (user_loads.status_code, owner_loads.status_code, made.admin.did) == (403, 200, [("load", "echo")])
    assert (first.status_code, second.status_code, second.headers["rung-code"]) == (200, 429, RateLimited.code)
    assert made.caller.scopes == ["k1"]


class Charged(Gate):
    def __init__(self) -> None:
        super().__init__()
        self.bills: list[tuple[str, float]] = []

    def spent(self, key_id: str, seconds: float, cost: float) -> None:
        self.bills.append((key_id, seconds))


async def test_a_key_pays_for_the_models_time(tmp_path: Path) -> None:
    gate = Charged()
    async with tensors(tmp_path, door=OneKey(), meter=Meter(gate)) as made:
        await made.http.post(INFER, content=echo(), headers={"Authorization": "Bearer user"})

    assert gate.bills == [("k1", 0.25)]
    assert gate.open("k1") == 0


async def test_the_figures_show_direct_calls_by_variant(served: Tensors) -> None:
    await served.http.post(INFER, content=echo())
    await served.http.post("/v2/models/nobody/infer", content=echo())

    text = (await served.http.get("/metrics")).text

    assert 'rung_requests_total{operation="v2.echo",status="200"} 1' in text
    assert "nobody" not in text


async def test_the_index_shows_what_is_in_memory_and_what_is_wrong(served: Tensors) -> None:
    served.rows.append(
        {"variant": "alpha", "state": "unloaded", "trouble": {"state": "quarantined", "reason": "3 deaths"}}
    )

    every = (await served.http.post("/v2/repository/index")).json()
    ready = (await served.http.post("/v2/repository/index", json={"ready": True})).json()
    well = await served.http.get("/v2/models/alpha/ready")

    assert {row["name"]: row["reason"] for row in every}["alpha"] == "3 deaths"
    assert [row["name"] for row in ready] == ["echo"]
    assert (well.status_code, "3 deaths" in well.json()["error"]) == (503, True)


@pytest.mark.parametrize("path", ["/v2/models/echo", "/v2/models/echo/versions/1"])
async def test_both_ways_to_a_model_lead_to_it(served: Tensors, path: str) -> None:
    said = [(await served.http.get(f"{path}{rest}")).json() for rest in ("", "/ready")]
    got = await served.http.post(f"{path}/infer", content=echo())

    assert said[0]["name"] == "echo" and said[1] == {"name": "echo", "ready": True}
    assert json.loads(got.json()["parameters"]["provenance"])["variant"] == "echo"
