"""What `rung run` makes of its words, and of the files in an answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from PIL import Image

from rung.apps.furniture.app import APP
from rung.apps.furniture.schema import AnalyzeRequest
from rung.cli.local import parse_fields, read_input, save_files
from rung.runtime.errors import InvalidInput
from rung.runtime.jobs import Artifacts, JobRecord
from rung.runtime.settings import Settings


def test_a_value_that_reads_as_json_is_that_value_and_a_key_given_again_is_a_list() -> None:
    assert parse_fields(["points=[[1,2]]", "note=a room", "images=a.png", "images=b.png", "images=c.png"]) == {
        "points": [[1, 2]], "note": "a room", "images": ["a.png", "b.png", "c.png"],
    }  # fmt: skip
    with pytest.raises(InvalidInput, match="KEY=VALUE"):
        parse_fields(["image"])


@pytest.mark.parametrize("count", [1, 2])
async def test_a_field_of_several_pictures_takes_one_path_or_more(tmp_path: Path, count: int) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(count)]
    for path in paths:
        Image.new("RGB", (7, 5)).save(path)
    house = cast(Any, SimpleNamespace(apps=(APP,), settings=Settings(data_dir=str(tmp_path), cache_dir=str(tmp_path))))

    made = await read_input(house, "furniture", "analyze", parse_fields([f"images={path}" for path in paths]))

    assert isinstance(made, AnalyzeRequest) and [one.width for one in made.images] == [7] * count


async def test_files_deep_in_an_answer_are_saved_by_the_way_to_them(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path / "artifacts")
    ref = (await artifacts.put(b"png", "image/png", 1, 1, durable=False)).as_json()
    record = JobRecord(id="j", app="toy", operation="paint", created=1.0)
    output = {"image": ref, "images": [{"objects": [{"mask": ref, "points": None}]}]}

    saved = await save_files(
        cast(Any, SimpleNamespace(artifacts=artifacts)), replace(record, output=output), tmp_path / "out"
    )

    assert sorted(saved) == ["image", "images.0.objects.0.mask"]
    assert (tmp_path / "out" / "images.0.objects.0.mask.png").read_bytes() == b"png"
