"""What is remembered of a request's JSON: only what says the same again, and never its tensors."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from rung.runtime.errors import InvalidInput, TooLarge
from rung.runtime.server.oip.contract import contract
from rung.runtime.server.oip.reading import LONGEST, MOST, Reading, Readings
from rung.runtime.server.oip.values import read_values
from rung.runtime.server.oip.wire import read_tensors
from rung.runtime.tasks import Mask, Pixels, Task


@dataclass(frozen=True)
class Cut:
    pixels: Pixels
    mask: Mask


@dataclass(frozen=True)
class Blank:
    pixels: Pixels


TASK = contract(Task(name="cut", input=Cut, output=Cut, summary=""))
OTHER = contract(Task(name="blank", input=Blank, output=Blank, summary=""))


def text(side: int = 2, **more: Any) -> bytes:
    sizes = [("pixels", [side, side, 3], 3 * side * side), ("mask", [side, side], side * side)]
    inputs = [
        {"name": name, "datatype": "UINT8", "shape": shape, "parameters": {"binary_data_size": size}}
        for name, shape, size in sizes
    ]
    return json.dumps({"inputs": inputs} | more).encode()


def values(reading: Reading, data: bytes) -> dict[str, Any]:
    return read_values(TASK, read_tensors(reading.layout, memoryview(data)))


def test_the_same_words_are_read_once_and_each_request_has_its_own_tensors() -> None:
    readings = Readings(pixels=100)
    first, second = readings.of(TASK, text()), readings.of(TASK, text())

    assert first is second and readings.of(TASK, text(side=3)) is not first
    for start in (0, 100):
        data = bytes(range(start, start + 16))
        got = values(first, data)
        assert np.array_equal(got["pixels"].reshape(-1), list(data[:12])) and got["mask"].shape == (2, 2)


def test_what_is_remembered_of_one_task_says_nothing_of_another() -> None:
    readings = Readings(pixels=100)
    readings.of(TASK, text())

    with pytest.raises(InvalidInput, match="no input 'mask'"):
        readings.of(OTHER, text())


def test_data_within_the_json_are_not_kept() -> None:
    readings, inputs = Readings(pixels=100), []
    for name, shape in (("pixels", [1, 1, 3]), ("mask", [1, 1])):
        inputs.append({"name": name, "datatype": "UINT8", "shape": shape, "data": [7] * (3 if name == "pixels" else 1)})
    plain = json.dumps({"inputs": inputs}).encode()

    assert values(readings.of(TASK, plain), b"")["mask"].tolist() == [[7]]
    assert readings.of(TASK, plain) is not readings.of(TASK, plain) and not readings._known


def test_what_is_remembered_is_bounded_in_number_and_length() -> None:
    readings = Readings(pixels=100)
    for seed in range(3 * MOST):
        readings.of(TASK, text(parameters={"seed": seed}))
    readings.of(TASK, text() + b" " * LONGEST)

    assert 0 < len(readings._known) <= MOST and all(len(said) <= LONGEST for _, said in readings._known)


def test_what_is_refused_is_refused_every_time() -> None:
    readings = Readings(pixels=100)
    for _ in range(2):
        with pytest.raises(TooLarge):
            readings.of(TASK, text(side=11))
        with pytest.raises(InvalidInput, match="tomorrow"):
            readings.of(TASK, text(parameters={"tomorrow": 1}))


def test_the_bytes_of_every_request_are_counted() -> None:
    reading = Readings(pixels=100).of(TASK, text())
    for data, said in ((bytes(15), "binary_data_size is 4, and 3 bytes are left"), (bytes(17), "1 bytes behind")):
        with pytest.raises(InvalidInput, match=said):
            read_tensors(reading.layout, memoryview(data))
