"""The operation `describe`: what is shown and asked, what is passed on of what was read, and who is named for it."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import pytest
from drawings_maker import PROVENANCE, Reader, box, scan
from PIL import Image

from rung.apps.drawings.in_words.pipeline import SIDE, describe
from rung.apps.drawings.in_words.schema import DescribeReply, DescribeRequest
from rung.apps.drawings.in_words.showing import shrunk
from rung.models.describe_rules import describe as by_rules
from rung.runtime.caller import Ask
from rung.runtime.errors import InvalidInput, OutsideRange
from rung.runtime.nodes.providers.anthropic import LARGEST
from rung.runtime.spec import Answer
from rung.runtime.tasks import DescribeInput, DescribeOutput

SAID = {
    "information_block": [{"field": "material", "value": "S45C"}],
    "dimensions": ["⌀25H7"],
    "manufacturing_process": [{"process": "turning", "because": "⌀25H7"}],
    "qc_checklist": ["⌀25H7: bore gauge"],
}
HERE, UP = box(100, 100), box(300, 300)


class Deaf:
    """A call that nobody listens to."""

    def warn(self, sentence: str) -> None:
        pass


@dataclass
class Seeing(Reader):
    """Answers `describe` too: with SAID, or by the rules where it is blind."""

    blind: bool = False

    async def call(self, task: str, input: Any, ask: Ask) -> Answer:
        if task != "describe":
            return await super().call(task, input, ask)
        self.asked.append((task, input))
        made = replace(PROVENANCE, task=task, variant="rules" if self.blind else "seer",
                       kind="substitute" if self.blind else "real")  # fmt: skip
        if self.blind:
            return Answer(output=by_rules(input, Deaf()), provenance=made)  # type: ignore[arg-type]
        output = DescribeOutput(text=json.dumps(SAID), prompt_tokens=900, completion_tokens=80)
        return Answer(output=output, provenance=made)

    @property
    def shown(self) -> DescribeInput:
        (input,) = [input for task, input in self.asked if task == "describe"]
        return input


async def described(caller: Seeing, **more: Any) -> DescribeReply:
    return await describe(caller.job(), DescribeRequest.model_validate({"file": scan(), **more}))


async def test_a_model_that_sees_is_shown_the_page_and_asked_by_a_schema() -> None:
    caller = Seeing({HERE: "⌀25H7", UP: "80±0.1"})

    reply = await described(caller, wish="Say it in Korean.")

    assert (reply.dimensions, reply.described_by, reply.kind) == (["⌀25H7"], "seer", "real")
    assert (reply.prompt_tokens, reply.completion_tokens, reply.pages) == (900, 80, [1])
    assert caller.shown.prompt.endswith("Say it in Korean.")
    wanted = json.loads(caller.shown.schema)
    assert wanted["required"] == [*SAID] and wanted["additionalProperties"] is False
    assert "$ref" not in caller.shown.schema
    assert caller.shown.facts == {"dimension.1": "⌀25H7", "dimension.2": "80±0.1"}


async def test_rules_answer_from_what_was_read_and_are_called_a_substitute() -> None:
    reply = await described(Seeing({HERE: "⌀25H7"}, blind=True))

    assert reply.kind == "substitute" and reply.dimensions == ["⌀25H7 (25 to 25.021 mm)"]
    assert any("turning" in step.process for step in reply.manufacturing_process)


async def test_a_large_page_is_shown_smaller_and_a_small_one_as_it_is() -> None:
    large, small = Seeing({HERE: "25"}), Seeing({HERE: "25"})

    await described(large, file=scan(4200, 1000))
    await described(small)

    (big,), (as_it_is,) = large.shown.pictures, small.shown.pictures
    assert (big.width, big.height) == (SIDE, round(1000 * SIDE / 4200))
    assert Image.open(io.BytesIO(big.data)).size == (big.width, big.height)
    assert (as_it_is.width, as_it_is.height) == (600, 400)


def test_a_noisy_scan_is_shown_as_a_jpeg_that_every_provider_takes() -> None:
    paper = np.random.default_rng(0).normal(225, 20, (1448, 2048, 3)).clip(0, 255).astype(np.uint8)
    whole = cv2.imencode(".png", paper)[1].tobytes()

    found = shrunk(whole, SIDE)

    assert len(whole) > 7_000_000 and len(base64.b64encode(found["data"])) <= LARGEST
    assert found["media_type"] == "image/jpeg"
    assert Image.open(io.BytesIO(found["data"])).size == (found["width"], found["height"]) == (2048, 1448)


async def test_where_nothing_can_be_read_a_model_still_sees_and_rules_refuse() -> None:
    seeing, blind = Seeing(), Seeing(blind=True)

    reply = await described(seeing)
    with pytest.raises(OutsideRange, match="nothing was read"):
        await described(blind)

    assert reply.described_by == "seer" and seeing.shown.facts == {}


async def test_without_reading_no_reader_is_asked() -> None:
    caller = Seeing({HERE: "25"})

    await described(caller, read=False)

    assert {task for task, _ in caller.asked} == {"compute", "describe"}


async def test_more_pages_than_a_model_is_shown_are_refused_before_any_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rung.apps.drawings.in_words.pipeline.MOST_PAGES", 0)
    caller = Seeing({HERE: "25"})

    with pytest.raises(InvalidInput, match="1 pages are meant; 0 at most"):
        await described(caller)

    assert {task for task, _ in caller.asked} == {"compute"}
