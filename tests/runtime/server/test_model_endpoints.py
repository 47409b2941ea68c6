from __future__ import annotations

import asyncio

from toy_app import Toy

from rung.runtime.errors import LoadFailed

LOAD = "/v1/models/echo-1/load"
ASYNC = {"Prefer": "respond-async"}


async def test_a_load_that_takes_longer_than_its_caller_stays_is_a_503_with_an_estimate(
    toy: Toy,
) -> None:
    toy.admin.hold = asyncio.Event()
    toy.rows[:] = [{"variant": "echo-1", "state": "loading", "device": "cpu", "eta_s": 6.2}]

    answer = await toy.http.post(LOAD, headers={"Prefer": "wait=0"})

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    assert (answer.json()["code"], answer.json()["eta_s"]) == ("not-ready", 6.2)
    assert "ask again in about 6 s" in answer.json()["detail"]
    toy.admin.hold.set()


async def test_an_estimate_that_nobody_measured_is_left_out(toy: Toy) -> None:
    toy.admin.hold = asyncio.Event()
    toy.rows[:] = [{"variant": "echo-1", "state": "loading", "device": "cpu", "eta_s": None}]

    answer = await toy.http.post(LOAD, headers={"Prefer": "wait=0"})
    accepted = await toy.http.post(LOAD, headers=ASYNC)

    assert answer.status_code == 503
    assert "Retry-After" not in answer.headers and "eta_s" not in answer.json()
    assert "eta_s" not in accepted.json()
    toy.admin.hold.set()


async def test_who_asks_to_be_answered_at_once_is(toy: Toy) -> None:
    toy.admin.hold = asyncio.Event()
    toy.rows[:] = [{"variant": "echo-1", "state": "loading", "device": "cpu", "eta_s": 6.2}]

    accepted = await toy.http.post(LOAD, headers=ASYNC)

    assert (accepted.status_code, accepted.headers["Preference-Applied"]) == (202, "respond-async")
    assert (accepted.json()["doing"], accepted.json()["eta_s"]) == ("load", 6.2)
    assert accepted.json()["state"]["state"] == "loading"
    toy.admin.hold.set()


async def test_a_load_is_done_once_however_many_ask_and_whoever_leaves(toy: Toy) -> None:
    toy.admin.hold = asyncio.Event()
    leaving = asyncio.create_task(toy.http.post(LOAD))
    staying = asyncio.create_task(toy.http.post(LOAD))
    while len(toy.admin.did) < 1:
        await asyncio.sleep(0)
    await toy.http.post(LOAD, headers=ASYNC)

    leaving.cancel()
    await asyncio.wait({leaving})
    toy.admin.hold.set()

    assert (await staying).status_code == 200
    assert toy.admin.did == [("load", "echo-1")]


async def test_a_load_that_fails_is_told_to_all_who_wait_and_tried_again_by_the_next(toy: Toy) -> None:
    toy.admin.error = LoadFailed("echo-1: no such file")

    both = await asyncio.gather(toy.http.post(LOAD), toy.http.post(LOAD))
    toy.admin.error = None
    again = await toy.http.post(LOAD)

    assert [answer.json()["code"] for answer in both] == ["load-failed"] * 2
    assert again.status_code == 200


async def test_how_long_a_model_stays_is_set_by_a_body_and_checked(toy: Toy) -> None:
    at = "/v1/models/echo-1/keep"
    right = [await toy.http.post(at, json={"ttl_s": 90}), await toy.http.post(at, json={"ttl_s": None})]
    right.append(await toy.http.post(at))
    wrong = [{"ttl_s": 0}, {"ttl_s": True}, {"ttl_s": "90"}, {"ttl_s": 1e12}, {"ttl": 90}, [90]]
    refused = [await toy.http.post(at, json=body) for body in wrong]

    assert [answer.status_code for answer in right] == [200] * 3
    assert [did for did, _ in toy.admin.did] == ["keep 90.0", "keep None", "keep None"]
    assert [answer.status_code for answer in refused] == [422] * len(wrong)
    assert (await toy.http.post(at, content="{")).status_code == 400
    assert (await toy.http.post(at, content="[" * 2000)).status_code == 413


async def test_a_variant_on_several_devices_is_listed_and_told_by_its_seats(toy: Toy) -> None:
    toy.rows[:] = [
        {"variant": "echo-1", "seat": "echo-1", "device": "cuda:0", "state": "unloaded"},
        {"variant": "echo-1", "seat": "echo-1@cuda:1", "device": "cuda:1", "state": "ready"},
    ]

    listed = (await toy.http.get("/v1/models")).json()["models"][0]
    loaded = await toy.http.post("/v1/models/echo-1@cuda:1/load")
    nowhere = await toy.http.post("/v1/models/echo-1@cuda:7/load")

    assert listed["state"]["device"] == "cuda:1"
    assert [row["device"] for row in listed["seats"]] == ["cuda:0", "cuda:1"]
    assert (loaded.status_code, toy.admin.did) == (200, [("load", "echo-1@cuda:1")])
    assert "it has cuda:0, cuda:1" in nowhere.json()["detail"]
