"""One worker that answers for several variants."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rung.runtime.errors import WeightsMissing
from rung.runtime.spec import Component, Footprint, Placement
from rung.runtime.workers.process import WorkerProcess
from rung.runtime.workers.template import Templates

TEXT = Component(name="text", bytes=100, key="t", weights=("text.bin",))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name in ("text.bin", "left.bin", "right.bin"):
        (tmp_path / name).write_bytes(b"weights")
    return tmp_path


def member(place: Any, files: Path, name: str, **options: Any) -> Placement:
    lone = place("Household", options=options)
    own = Component(name="net", bytes=40, key=name, weights=(f"{name}.bin",))
    paths = {file: str(files / file) for file in ("text.bin", f"{name}.bin")}
    return replace(
        lone,
        variant=replace(lone.variant, name=name, group="pair", components=(TEXT, own)),
        footprint=Footprint(resident=140),
        group="pair",
        weight_paths=paths,
        caps={"side": len(name)},
        strategy="component-offload",
        fallbacks=("sequential-offload",),
    )


async def pair(templates: Templates, left: Placement, right: Placement) -> WorkerProcess:
    worker = await templates.spawn(left, [right])
    await worker.load()
    return worker


async def test_one_worker_answers_for_each_member_with_what_is_its_own(templates, place, compute, files):
    worker = await pair(templates, member(place, files, "left", tint=1), member(place, files, "right", tint=2))

    for name, tint in (("left", 1), ("right", 2)):
        (answer,) = await worker.run([replace(compute(), variant=name)])

        assert answer.output.value["variant"] == name
        assert answer.output.value["group"] == "pair"
        assert answer.output.value["options"] == {"tint": tint}
        assert answer.output.value["caps"] == {"side": len(name)}
        assert sorted(answer.output.value["weights"]) == sorted(["text.bin", f"{name}.bin"])
        assert answer.output.value["components"][1] == ["net", 40, name, [f"{name}.bin"]]
        assert answer.output.value["room"] == 140  # what is brought in turn, not the sum


async def test_how_the_components_were_held_and_that_memory_stayed_away_come_with_the_answer(
    templates, place, compute, files
):
    worker = await pair(templates, member(place, files, "left"), member(place, files, "right", short=True, leaks=True))

    (left,) = await worker.run([replace(compute(), variant="left")])
    (right,) = await worker.run([replace(compute(), variant="right")])

    assert (left.strategy, left.retire) == ("component-offload", "")
    assert (right.strategy, right.retire) == ("sequential-offload", "40 MiB did not come back")


async def test_a_variant_of_its_own_is_its_only_member(spawn, compute):
    worker = await spawn("Household", options={"tint": 3})

    (answer,) = await worker.run([compute()])

    assert answer.output.value["variant"] == answer.output.value["group"] == "Household"
    assert answer.output.value["options"] == {"tint": 3}
    assert answer.strategy == "resident"
    assert answer.output.value["room"] is None


async def test_a_file_that_one_member_lacks_keeps_the_group_from_loading(templates, place, files):
    left, right = member(place, files, "left"), member(place, files, "right")
    (files / "right.bin").unlink()

    worker = await templates.spawn(left, [right])

    with pytest.raises(WeightsMissing, match=r"right\.bin"):
        await worker.load()
