"""Providers against what a server that we did not write answered: recordings in `llama_cpp.json`, over real HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from provider_makers import RULES, SCHEMA, ask, fleet, planned, served
from scripted import Reply, serving

from rung.apps.drawings.in_words.schema import Description, schema_of
from rung.runtime.nodes.providers import anthropic, openai

RECORDED = json.loads(Path(__file__).with_name("llama_cpp.json").read_text(encoding="utf-8"))["answers"]


def reply(name: str) -> Reply:
    return Reply(RECORDED[name]["status"], json.dumps(RECORDED[name]["body"]).encode())


async def answered(name: str, protocol: str = "local", **policy: Any) -> tuple[Any, list[Any]]:
    with serving(reply(name)) as server:
        async with fleet(planned(served(protocol), RULES, **{protocol: {"url": server.url}})) as house:
            answer = await ask(house, **policy)
            return answer, server.asked


async def test_an_answer_by_schema_is_taken_and_its_tokens_counted() -> None:
    answer, asked = await answered("schema")

    assert asked[0][0] == RECORDED["schema"]["path"] and len(asked) == 1
    assert set(json.loads(answer.output.text)) == set(json.loads(SCHEMA)["properties"])
    assert (answer.output.prompt_tokens, answer.output.completion_tokens) == (46, 41)
    assert "large was asked for, and the server says that model.gguf answered" in answer.warnings[0]


async def test_a_description_by_the_schema_of_drawings_is_taken_as_the_model_gave_it() -> None:
    answer, asked = await answered("description", schema=json.dumps(schema_of(Description)))

    found = Description.model_validate_json(answer.output.text)
    assert found.dimensions == ["⌀25H7", "80±0.1", "R3", "M8"] and len(found.information_block) == 3
    assert len(asked) == 1 and answer.output.completion_tokens == 228


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "picture",
            "answered 500: the model that it serves takes no pictures, and one that does is wanted there (image",
        ),
        ("cut", "answer was cut off at max_tokens = 300: ask for more"),
        ("key", "answered 401: the key in no variable is not accepted."),
        (
            "long",
            "answered 400: it does not take the request (request (2031 tokens) exceeds the available context size",
        ),
    ],
)
async def test_each_of_its_refusals_is_a_step_down_that_says_why(name: str, said: str) -> None:
    answer, asked = await answered(name)

    assert answer.output.text == "by rules" and said in answer.provenance.reason and len(asked) == 1


async def test_what_it_kept_of_an_earlier_prompt_counts_as_read_and_a_cut_answer_says_so() -> None:
    answer, asked = await answered("messages", "anthropic", schema="")

    assert asked[0][0] == RECORDED["messages"]["path"] and answer.output.text.startswith("This engineering drawing")
    assert (answer.output.prompt_tokens, answer.output.completion_tokens) == (60 + 24, 40)
    assert answer.warnings[0] == "the answer was cut off at max_tokens = 300"


def test_its_answers_are_understood_by_the_protocol_that_each_was_asked_by() -> None:
    understood = {"/v1/chat/completions": openai.said, "/v1/messages": anthropic.said}
    whole = [one for one in RECORDED.values() if one["status"] == 200]

    assert [understood[one["path"]](one["body"], "local").cut for one in whole] == [False, True, True, False]
