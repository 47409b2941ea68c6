"""Providers over real HTTP: what is sent, what is understood, what it cost, and what each fault does."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from provider_makers import KEYS, PNG, RULES, SCHEMA, ask, fleet, planned, served
from scripted import Reply, anthropic, openai, refusal, serving

from rung.runtime.errors import DeadlineExceeded, InvalidInput, ProviderFailed

GOOD = {"title": "Shaft", "views": 2}


def at(url: str, name: str = "openai", **more: Any) -> dict[str, dict[str, Any]]:
    return {name: {"url": url, **more}}


def alone(name: str = "openai") -> Any:
    return served(name, f"{name.upper()}_API_KEY")


async def test_openai_is_sent_the_picture_the_prompt_the_schema_and_the_key() -> None:
    with serving(openai(json.dumps(GOOD))) as server:
        async with fleet(planned(alone(), **at(server.url))) as house:
            answer = await ask(house, seed=7)

    ((path, headers, body),) = server.asked
    assert path == "/v1/chat/completions" and headers["authorization"] == f"Bearer {KEYS['OPENAI_API_KEY']}"
    picture, words = body["messages"][0]["content"]
    assert picture["image_url"]["url"] == "data:image/png;base64," + base64.b64encode(PNG.data).decode()
    assert words["text"] == "What is drawn?" and (body["model"], body["seed"]) == ("large", 7)
    assert body["response_format"]["json_schema"] == {"name": "answer", "strict": True, "schema": json.loads(SCHEMA)}
    assert body["max_completion_tokens"] == 300
    assert json.loads(answer.output.text) == GOOD
    assert (answer.output.prompt_tokens, answer.output.completion_tokens) == (900, 40)


async def test_anthropic_answers_by_the_tool_that_it_has_to_use() -> None:
    with serving(anthropic(GOOD)) as server:
        async with fleet(planned(alone("anthropic"), **at(server.url, "anthropic"))) as house:
            answer = await ask(house)

    ((path, headers, body),) = server.asked
    assert path == "/v1/messages" and headers["x-api-key"] == KEYS["ANTHROPIC_API_KEY"]
    assert headers["anthropic-version"] == "2023-06-01" and body["max_tokens"] == 300
    assert body["tool_choice"] == {"type": "tool", "name": "answer"}
    assert body["tools"][0]["input_schema"] == json.loads(SCHEMA)
    assert body["messages"][0]["content"][0]["source"]["data"] == base64.b64encode(PNG.data).decode()
    assert json.loads(answer.output.text) == GOOD and answer.output.completion_tokens == 40


async def test_without_a_schema_plain_words_are_asked_for_and_answered() -> None:
    with serving(openai("A shaft.")) as server:
        async with fleet(planned(alone(), **at(server.url))) as house:
            answer = await ask(house, schema="")

    assert answer.output.text == "A shaft." and "response_format" not in server.asked[0][2]


async def test_the_provenance_names_who_answered_and_what_it_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(openai(json.dumps(GOOD))) as server:
        monkeypatch.setattr("rung.runtime.planning.providers.reach_of", lambda host, own: "any")
        monkeypatch.setattr("rung.runtime.planning.providers._in_the_clear", lambda scheme, reach: False)
        async with fleet(planned(alone(), **at(server.url))) as house:
            answer = await ask(house, privacy="any")

    made = answer.provenance
    assert (made.node, made.device, made.variant, made.attempts) == ("openai", "elsewhere", "openai", 1)
    assert made.cost.amount == pytest.approx((900 * 2 + 40 * 10) / 1e6) and made.cost.currency == "USD"


async def test_a_model_on_our_own_machine_costs_nothing() -> None:
    with serving(openai(json.dumps(GOOD))) as server:
        async with fleet(planned(alone(), **at(server.url))) as house:
            assert (await ask(house, privacy="machine")).provenance.cost.amount == 0


async def test_another_model_without_a_price_says_that_its_cost_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(openai(json.dumps(GOOD))) as server:
        monkeypatch.setattr("rung.runtime.planning.providers.reach_of", lambda host, own: "any")
        monkeypatch.setattr("rung.runtime.planning.providers._in_the_clear", lambda scheme, reach: False)
        async with fleet(planned(alone(), **at(server.url, model="newer"))) as house:
            answer = await ask(house, privacy="any")

    assert "what this call cost is not known" in answer.warnings[0] and server.asked[0][2]["model"] == "newer"


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (refusal(401, "Incorrect API key provided: sk-sec***nai"), "answered 401: the key in OPENAI_API_KEY is not"),
        (refusal(429, "slow down", Retry_After="7"), "answered 429: too many requests (slow down)"),
        (refusal(500), "answered 500: it failed"),
        (Reply(body=b"<html>"), "answered 200, and what it sent is no JSON"),
        (Reply(body=b'{"choices": []}'), "answered, and not as its protocol says: IndexError"),
        (openai("", refusal="I cannot help"), "refused to answer: I cannot help"),
        (openai("{", finish="content_filter"), "held its answer back by its content filter"),
        (Reply(302, b"", {"location": "http://127.0.0.1:9/"}), "answered 302"),
    ],
)
async def test_each_fault_is_a_step_down_that_says_what_happened(reply: Reply, said: str) -> None:
    with serving(reply) as server:
        async with fleet(planned(alone(), RULES, **at(server.url))) as house:
            answer = await ask(house)

    assert answer.output.text == "by rules" and answer.provenance.kind == "substitute"
    assert said in answer.provenance.reason and len(server.asked) == 1
    assert "sk-" not in answer.provenance.reason + "".join(answer.warnings)


async def test_where_nothing_else_can_answer_the_fault_is_the_answer_with_its_retry_after() -> None:
    with serving(refusal(429, Retry_After="7")) as server:
        async with fleet(planned(alone(), **at(server.url))) as house:
            with pytest.raises(ProviderFailed) as told:
                await ask(house)

    assert told.value.details == {"status": 429, "retry_after_s": 7.0} and told.value.retryable


async def test_after_a_429_nobody_is_sent_there_until_its_time_is_over() -> None:
    with serving(refusal(429, Retry_After="60")) as server:
        async with fleet(planned(alone(), RULES, **at(server.url))) as house:
            await ask(house)
            again = await ask(house)

    assert len(server.asked) == 1 and again.output.text == "by rules"
    assert "not asked again for 60 s" in again.provenance.reason


async def test_nobody_there_is_a_step_down_too() -> None:
    with serving(openai("")) as server:
        gone = server.url
    async with fleet(planned(alone(), RULES, **at(gone))) as house:
        answer = await ask(house)

    assert "openai cannot be reached: ConnectError" in answer.provenance.reason


@pytest.mark.parametrize(
    ("first", "wrong"),
    [
        ('{"title": "Shaft"}', "has no 'views'"),
        ('{"title": "Shaft", "views": "two"}', "the answer.views is string, not integer"),
        ('{"title": "Shaft", "views": 2, "more": 1}', "'more', which nobody asked for"),
        ("Here you are: {}", "it is no JSON"),
    ],
)
async def test_what_does_not_fit_the_schema_is_asked_for_once_more_with_what_is_wrong(first: str, wrong: str) -> None:
    with serving(openai(first), openai(json.dumps(GOOD))) as server:
        async with fleet(planned(alone(), **at(server.url))) as house:
            answer = await ask(house)

    _, said, complaint = server.asked[1][2]["messages"]
    assert said == {"role": "assistant", "content": first} and wrong in complaint["content"]
    assert json.loads(answer.output.text) == GOOD and answer.provenance.attempts == 2
    assert answer.output.prompt_tokens == 1800  # both are paid for


async def test_what_does_not_fit_twice_is_a_step_down() -> None:
    with serving(openai('{"title": 3, "views": 1}'), openai("{}")) as server:
        async with fleet(planned(alone(), RULES, **at(server.url))) as house:
            answer = await ask(house)

    assert len(server.asked) == 2 and answer.output.text == "by rules"
    assert "answered 2 times what does not fit: the answer has no 'title'" in answer.provenance.reason


async def test_an_answer_that_was_cut_is_not_paid_for_twice_and_others_are_still_sent_there() -> None:
    with serving(openai('{"title', finish="length"), openai(json.dumps(GOOD))) as server:
        async with fleet(planned(alone(), RULES, **at(server.url))) as house:
            cut, next_one = await ask(house), await ask(house)

    assert cut.output.text == "by rules" and "cut off at max_tokens = 300: ask for more" in cut.provenance.reason
    assert json.loads(next_one.output.text) == GOOD and len(server.asked) == 2


async def test_no_words_at_all_are_no_answer() -> None:
    with serving(openai(None)) as server:  # type: ignore[arg-type]
        async with fleet(planned(alone(), RULES, **at(server.url))) as house:
            answer = await ask(house, schema="")

    assert answer.output.text == "by rules" and "it is empty" in answer.provenance.reason


async def test_anthropic_that_refuses_is_a_step_down() -> None:
    with serving(anthropic("", stop="refusal")) as server:
        async with fleet(planned(alone("anthropic"), RULES, **at(server.url, "anthropic"))) as house:
            answer = await ask(house)

    assert "anthropic refused to answer" in answer.provenance.reason and len(server.asked) == 1


async def test_words_before_the_use_of_the_tool_are_no_part_of_the_answer() -> None:
    content = [
        {"type": "text", "text": "Let me see."},
        {"type": "tool_use", "id": "t", "name": "answer", "input": GOOD},
    ]
    usage = {"input_tokens": 10, "cache_creation_input_tokens": None, "cache_read_input_tokens": 5, "output_tokens": 4}
    body = json.dumps({"content": content, "stop_reason": "tool_use", "usage": usage, "model": "large-20250929"})
    with serving(Reply(body=body.encode())) as server:
        async with fleet(planned(alone("anthropic"), **at(server.url, "anthropic"))) as house:
            answer = await ask(house)

    assert json.loads(answer.output.text) == GOOD and answer.output.prompt_tokens == 15 and answer.warnings == ()


async def test_a_picture_that_anthropic_is_known_not_to_take_is_not_sent() -> None:
    heavy = replace(PNG, data=bytes(4_000_000))
    with serving(anthropic(GOOD)) as server:
        async with fleet(planned(alone("anthropic"), RULES, **at(server.url, "anthropic"))) as house:
            answer = await ask(house, pictures=(heavy,))

    assert server.asked == [] and "at most 5242880 bytes in base64; one of 10 x 8 pixels" in answer.provenance.reason


async def test_a_schema_that_openai_cannot_be_held_to_is_asked_loosely_and_checked_here() -> None:
    loose = json.dumps({**json.loads(SCHEMA), "required": ["title"]})
    with serving(openai('{"views": 2}'), openai('{"title": "Shaft"}')) as server:
        async with fleet(planned(alone(), **at(server.url))) as house:
            answer = await ask(house, schema=loose)

    assert server.asked[0][2]["response_format"]["json_schema"]["strict"] is False
    assert json.loads(answer.output.text) == {"title": "Shaft"} and answer.provenance.attempts == 2


async def test_a_schema_that_cannot_be_checked_is_refused_before_anything_is_sent() -> None:
    with serving(openai("{}")) as server:
        async with fleet(planned(alone(), **at(server.url))) as house:
            with pytest.raises(InvalidInput, match="patternProperties, which is not checked here"):
                await ask(house, schema='{"type": "object", "patternProperties": {}}')

    assert server.asked == []


async def test_a_deadline_ends_the_wait() -> None:
    hold = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait() -> None:
        asyncio.run_coroutine_threadsafe(hold.wait(), loop).result(20)

    with serving(openai("late"), before=wait) as server:
        async with fleet(planned(alone(), **at(server.url))) as house:
            with pytest.raises(DeadlineExceeded, match=r"did not answer within 0\.2 s"):
                await ask(house, seconds=0.2)
        hold.set()
        await asyncio.sleep(0)
