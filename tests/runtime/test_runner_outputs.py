"""An operation's output as it goes out: by the names that its schema says."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field

from rung.runtime.app import File, FileOut
from rung.runtime.jobs import Artifacts
from rung.runtime.runner.outputs import keep_output


class Thing(BaseModel):
    class_: str = Field(serialization_alias="class")
    mask: FileOut | None = None


class Things(BaseModel):
    first: Thing
    all: list[Thing]
    kind_: str = Field(serialization_alias="kind")


async def test_a_word_of_pythons_goes_out_by_its_alias_beside_files_and_without(tmp_path: Path) -> None:
    plain, pictured = Thing(class_="sofa"), Thing(class_="bed", mask=File(data=b"png", media_type="image/png"))

    kept = await keep_output(
        Things(first=plain, all=[plain, pictured], kind_="room"), Artifacts(tmp_path), durable=False
    )

    assert kept["first"] == {"class": "sofa", "mask": None} and kept["kind"] == "room"
    assert [one["class"] for one in kept["all"]] == ["sofa", "bed"]
    assert kept["all"][1]["mask"]["media_type"] == "image/png"
    assert set(kept) == {"first", "all", "kind"} == set(Things.model_json_schema(mode="serialization")["properties"])
