"""Types become tensors: the rules for what a task may declare, on tasks that nobody has written yet."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from rung.runtime.errors import InvalidInput
from rung.runtime.server.oip.contract import contract
from rung.runtime.server.oip.values import Encoded, check_inputs, read_values, write_values
from rung.runtime.server.oip.wire import Given, read_layout, read_tensors, split, write_answer
from rung.runtime.tasks import TASKS, Array, Box, Mask, Picture, Point, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    role: Literal["system", "user"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    label: str
    score: float
    box: Box
    outline: Mask | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    messages: tuple[Message, ...]
    pictures: tuple[Picture, ...]
    at: Point
    boxes: tuple[Box, ...] = ()
    words: list[str] | None = None
    weights: tuple[float, ...] = ()
    exact: bool = False
    tone: Literal["dark", "light"] = "dark"
    raw: bytes = b""
    options: Mapping[str, Any] | None = None
    embedding: NDArray[np.float32] | None = None
    unknown: Array | None = None
    masks: tuple[Mask, ...] = ()
    inner: tuple[tuple[str, Picture], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    seen: tuple[Seen, ...]
    text: str
    masks: tuple[Mask, ...] = ()
    embedding: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Impossible:
    masks: tuple[Mask, ...]


TASK = contract(Task(name="everything", input=Everything, output=Found, summary=""))


def test_every_field_has_the_tensor_of_its_type() -> None:
    made = {one.name: (one.datatype, one.shape, one.optional) for one in TASK.inputs}

    assert made == {
        "messages": ("BYTES", (-1,), False), "pictures": ("BYTES", (-1,), False), "at": ("FP32", (3,), False),
        "boxes": ("INT64", (-1, 4), True), "words": ("BYTES", (-1,), True), "weights": ("FP32", (-1,), True),
        "exact": ("BOOL", (1,), True), "tone": ("BYTES", (1,), True), "raw": ("BYTES", (1,), True),
        "options": ("BYTES", (1,), True), "embedding": ("FP32", (-1,), True),
    }  # fmt: skip


def test_what_has_no_tensor_says_why() -> None:
    assert set(TASK.lacking) == {"unknown", "masks", "inner", "seen.outline"}
    assert (
        "own shape" in TASK.lacking["masks"] == TASK.lacking["seen.outline"]
        and "picture inside" in TASK.lacking["inner"]
    )
    assert TASK.required == ()


def test_a_task_that_cannot_be_asked_says_which_field_is_in_the_way() -> None:
    made = contract(Task(name="impossible", input=Impossible, output=Found, summary=""))

    with pytest.raises(InvalidInput, match="impossible cannot be asked for by this protocol: its input masks"):
        check_inputs(made, [], 100)


def test_the_columns_of_an_outputs_rows_are_tensors_of_their_own() -> None:
    output = Found(
        seen=(Seen(label="cat", score=0.5, box=(1, 2, 3, 4)), Seen(label="dog", score=0.25, box=(5, 6, 7, 8))),
        text="two",
    )
    wanted = {one.name: False for one in TASK.outputs}

    pieces, end = write_answer({}, write_values(TASK, output, wanted))
    said = {one["name"]: one for one in json.loads(pieces[0])["outputs"]}

    assert end is None and set(said) == {"seen.label", "seen.score", "seen.box", "text"}
    assert said["seen.label"]["data"] == ["cat", "dog"] and said["seen.score"]["shape"] == [2]
    assert (said["seen.box"]["shape"], said["seen.box"]["data"]) == ([2, 4], [1, 2, 3, 4, 5, 6, 7, 8])


def test_an_answer_without_rows_has_tensors_without_rows() -> None:
    written = write_values(TASK, Found(seen=(), text=""), {"seen.box": True, "seen.label": True})

    assert [(one.name, one.shape) for one, _ in written] == [("seen.label", (0,)), ("seen.box", (0, 4))]
    pieces, end = write_answer({}, written)
    assert [bytes(piece) for piece in pieces[1:]] == [b"", b""] and end == len(pieces[0])


def given(name: str, datatype: str, *data: Any, shape: tuple[int, ...] = ()) -> Given:
    held = list(data) if datatype == "BYTES" else np.array(data, np.float32).reshape(shape or len(data))
    return Given(name=name, datatype=datatype, shape=shape or (len(data),), data=held)


NEEDED = (
    given("messages", "BYTES", b'{"role": "user", "content": "hello"}'),
    given("pictures", "BYTES", b"one", b"two"),
    given("at", "FP32", 1.5, 2, 0),
)


def values_of(tensors: list[Given]) -> dict[str, Any]:
    check_inputs(TASK, tensors, 100)
    return read_values(TASK, tensors)


def test_json_documents_become_the_tasks_own_types_and_pictures_stay_bytes() -> None:
    got = values_of([*NEEDED, given("options", "BYTES", '{"a": [1, null]}')])

    assert got["messages"] == (Message(role="user", content="hello"),)
    assert got["pictures"] == (Encoded(b"one"), Encoded(b"two"))
    assert got["at"] == Point(x=1.5, y=2, label=0) and type(got["at"].label) is int
    assert got["options"] == {"a": [1, None]} and "words" not in got


@pytest.mark.parametrize(
    "wrong",
    [
        given("messages", "BYTES", b'{"role": "robot", "content": "hello"}'),
        given("messages", "BYTES", b'{"role": "user"}'),
        given("messages", "BYTES", b"[" * 100),
        given("messages", "BYTES", b"\xff"),
        given("tone", "BYTES", b"loud"),
        given("options", "BYTES", b"[1]"),
        given("options", "BYTES", b'{"a": 1e999}'),
        given("at", "FP32", 1.5, 2, 7),
        given("masks", "UINT8", 1),
        given("words", "BYTES", b"x" * (1024 * 1024 + 1)),
    ],
    ids=lambda one: f"{one.name} {str(one.data)[:20]}",
)
def test_a_value_that_its_type_does_not_hold_is_refused(wrong: Given) -> None:
    others = [one for one in NEEDED if one.name != wrong.name]

    with pytest.raises(InvalidInput, match=rf"^(no input '{wrong.name}'|{wrong.name})"):
        values_of([*others, wrong])


def test_every_task_of_the_vocabulary_has_a_tensor_for_each_field_or_says_why() -> None:
    for task in TASKS.values():
        made = contract(task)
        fields = {one.field for one in (*made.inputs, *made.outputs)} | {one.partition(".")[0] for one in made.lacking}

        assert fields == {*task.input.__dataclass_fields__, *task.output.__dataclass_fields__}, task.name
        assert not made.required, f"{task.name}: {made.lacking}"


def test_what_is_written_is_read_again() -> None:
    rng = np.random.default_rng(3)
    sent = [
        Given(name="a", datatype="FP32", shape=(2, 3), data=rng.random((2, 3), np.float32)),
        Given(name="b", datatype="BYTES", shape=(2,), data=[b"", b"\x00\xff"]),
        Given(name="c", datatype="BOOL", shape=(3,), data=np.array([True, False, True])),
        Given(name="d", datatype="INT64", shape=(0, 4), data=np.zeros((0, 4), np.int64)),
    ]
    pieces, end = write_answer({}, [(one, True) for one in sent])
    body = b"".join(pieces)
    assert end is not None
    text = json.dumps({"inputs": json.loads(body[:end])["outputs"]}).encode()

    said, behind = split(text + body[end:], str(len(text)))
    came = read_tensors(read_layout(said), behind)

    for one, back in zip(sent, came, strict=True):
        assert (one.name, one.datatype, one.shape) == (back.name, back.datatype, back.shape)
        assert list(one.data) == list(back.data) if one.datatype == "BYTES" else np.array_equal(one.data, back.data)
