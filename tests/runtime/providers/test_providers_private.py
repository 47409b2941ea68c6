"""What is drawn leaves this machine only where a request says so; offline, never: no connection is opened."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from provider_makers import ANTHROPIC, KEYS, OPENAI, RULES, ask, fleet, planned, served

from rung.cli.profile import chosen
from rung.runtime.errors import NoRung
from rung.runtime.planning.preload import preloads
from rung.runtime.planning.providers import reach_of
from rung.runtime.settings import Preload
from rung.runtime.spec import Licence, Plan, Provider


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Every name that is looked up and every address that a socket is connected to; none of them is let through."""
    found: list[Any] = []

    def refuse(*told: Any, **more: Any) -> Any:
        name = told[1] if isinstance(told[0], socket.socket) else told[0]
        found.append(name.decode() if isinstance(name, bytes) else name)
        raise OSError("no network in this test")

    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    yield found


def code_of(plan: Plan, name: str) -> str:
    return next((one.code for one in plan.tasks["describe"].rejected if one.variant == name), "planned")


@pytest.mark.parametrize("privacy", ["own", "machine"])
async def test_unless_a_request_says_any_no_provider_is_asked_and_no_connection_opened(
    privacy: str, reached: list[Any]
) -> None:
    plan = planned()
    assert [code_of(plan, name) for name in ("anthropic", "openai")] == ["planned", "planned"]
    async with fleet(plan) as house:
        answer = await ask(house, privacy=privacy)

    assert reached == [] and answer.output.text == "by rules"
    assert f"somebody else, and the request's privacy is {privacy}" in answer.provenance.reason


async def test_offline_no_provider_is_a_candidate_and_no_connection_is_opened(reached: list[Any]) -> None:
    plan = planned(offline=True)
    async with fleet(plan) as house:
        answer = await ask(house, privacy="any")

    assert reached == [] and answer.output.text == "by rules"
    assert [code_of(plan, name) for name in ("anthropic", "openai")] == ["offline", "offline"]
    assert "RUNG_OFFLINE=1 forbids the network" in answer.provenance.reason


async def test_the_same_call_with_any_does_reach_out_so_the_two_tests_before_would_see_it(reached: list[Any]) -> None:
    async with fleet(planned()) as house:
        answer = await ask(house, privacy="any")

    assert reached == ["api.anthropic.example", "api.openai.example"]
    assert answer.output.text == "by rules" and "cannot be reached" in answer.provenance.reason


@pytest.mark.parametrize("privacy", ["own", "machine"])
async def test_a_provider_asked_for_by_name_is_refused_and_not_replaced(privacy: str, reached: list[Any]) -> None:
    async with fleet(planned()) as house:
        with pytest.raises(NoRung, match="somebody else, and the request's privacy"):
            await ask(house, privacy=privacy, variant="openai")

    assert reached == []


def test_offline_a_server_on_this_machine_may_be_asked_and_one_of_ours_elsewhere_may_not() -> None:
    here, ours = served("here", url="http://127.0.0.1:8080/v1"), served("ours", url="http://10.0.0.7/v1", own=True)
    assert [code_of(planned(here, ours, offline=True), name) for name in ("here", "ours")] == ["planned", "offline"]
    reach = {rung.variant.name: rung.reach for rung in planned(here, ours).tasks["describe"].rungs}
    assert reach == {"here": "machine", "ours": "own"}


@pytest.mark.parametrize(
    ("host", "own", "reach"),
    [("127.0.0.1", False, "machine"), ("::1", False, "machine"), ("LocalHost", False, "machine"),
     ("10.0.0.7", False, "any"), ("10.0.0.7", True, "own"), ("localhost.evil.example", False, "any"),
     ("api.openai.com", False, "any")],
)  # fmt: skip
def test_how_far_away_a_host_is(host: str, own: bool, reach: str) -> None:
    assert reach_of(host, own=own) == reach


@pytest.mark.parametrize(
    ("options", "keys", "code", "said"),
    [
        ({"url": ""}, KEYS, "config", "no address of one is given"),
        ({"url": "ftp://x"}, KEYS, "config", "is no address of a server"),
        ({"url": "https://user:pass@x/v1"}, KEYS, "config", "is no address of a server"),
        ({"url": "http://api.example/v1"}, KEYS, "config", "in the clear"),
        ({}, {}, "key", "wants a key, and there is none"),
    ],
)
def test_what_cannot_be_asked_is_passed_over_with_the_remedy(
    options: dict[str, Any], keys: dict[str, str], code: str, said: str
) -> None:
    (rejection,) = planned(OPENAI, keys=keys, openai=options).tasks["describe"].rejected

    assert rejection.code == code and said in rejection.reason and rejection.remedy


def test_a_plan_says_where_it_answers_and_that_it_wants_no_gpu() -> None:
    anthropic, rules = planned(ANTHROPIC, RULES).tasks["describe"].rungs

    assert "Answers at api.anthropic.example: no GPU and no memory of this machine." in anthropic.reason
    assert "only where a request says privacy = any" in anthropic.reason and "USD 2 and 10" in anthropic.reason
    assert (anthropic.reach, rules.reach, anthropic.footprint.peak()) == ("any", "machine", 0)


def test_what_others_serve_is_neither_loaded_at_the_start_nor_measured() -> None:
    plan = planned(OPENAI, RULES)
    (openai, _) = plan.tasks["describe"].rungs

    seats, left_out = preloads(plan, (Preload(variant="openai"), Preload(variant="rules")))
    measured, passed = chosen(SimpleNamespace(plan=plan, variants={"openai": openai.variant}), None)  # type: ignore[arg-type]

    assert seats == ("rules@cpu",) and "nothing to load here" in left_out["openai"]
    assert [rung.variant.name for rung in measured] == ["rules"]
    assert any(one.variant == "openai" and "may cost money" in one.reason for one in passed)


@pytest.mark.parametrize(
    ("url", "said"), [("", "no address of one is given"), ("ftp://x", "is no address of a server")]
)
def test_what_a_server_of_yours_would_need_stands_beside_the_remedy_with_its_licence(url: str, said: str) -> None:
    needy = Provider(name="endpoint", protocol="openai", needs="a GPU of about 18 GB at bf16")
    model = replace(served("vl-2.5", url=url), provider=needy, licence=Licence(name="Apache-2.0", commercial=True))
    (rejection,) = planned(model).tasks["describe"].rejected

    assert said in rejection.reason and 'variant."vl-2.5"]' in rejection.remedy
    assert "Its server needs a GPU of about 18 GB at bf16." in rejection.remedy and "Apache-2.0" in rejection.remedy
