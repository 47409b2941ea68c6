"""A safetensors header is believed only where all of it can be true."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rung.models.torch import header
from rung.runtime.errors import WeightsError


def parsed(values, data: int, raw: bytes | None = None):
    text = json.dumps(values).encode() if raw is None else raw
    return header.parse("net.safetensors", text, header.PREFIX + len(text) + data)


def f32(begin: int, end: int, *shape: int):
    return {"dtype": "F32", "shape": [*shape], "data_offsets": [begin, end]}


def test_tensors_come_in_the_order_of_the_disk_with_their_place_in_the_file():
    text = json.dumps({"b": f32(8, 24, 2, 2), "a": f32(0, 8, 2), "__metadata__": {"format": "pt"}}).encode()
    start = header.PREFIX + len(text)

    found = header.parse("net.safetensors", text, start + 24)

    assert [(e.name, e.shape, e.begin, e.end) for e in found] == [
        ("a", (2,), start, start + 8),
        ("b", (2, 2), start + 8, start + 24),
    ]


@pytest.mark.parametrize(
    ("values", "data", "why"),
    [
        ({"a": f32(0, 8, 2)}, 7, "truncated"),
        ({"a": f32(0, 8, 2)}, 9, "1 bytes follow after"),
        ({"a": f32(0, 8, 2), "b": f32(4, 12, 2)}, 12, "b overlaps a by 4 bytes"),
        ({"a": f32(0, 8, 2), "b": f32(12, 20, 2)}, 20, "4 bytes between a and b"),
        ({"a": f32(4, 12, 2)}, 12, "4 bytes between the header and a"),
        ({"a": f32(0, 8, 3)}, 8, "takes 12 bytes"),
        ({"a": f32(8, 0, 2)}, 8, "takes 8 bytes"),
        ({"a": {"dtype": "F4", "shape": [2], "data_offsets": [0, 1]}}, 1, "dtype 'F4' is not read here; .*BF16"),
        ({"a": {"dtype": "F32", "shape": [True], "data_offsets": [0, 4]}}, 4, "whole numbers"),
        ({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}, 4, "whole numbers"),
        ({"a": {"dtype": "F32", "shape": [1.0], "data_offsets": [0, 4]}}, 4, "whole numbers"),
        ({"a": {"dtype": "F32", "shape": [1]}}, 4, "whole numbers"),
        ({"a": 7}, 4, "whole numbers"),
        ({"__metadata__": {"format": 1}}, 0, "__metadata__"),
        ([1], 0, "is a list"),
    ],
)
def test_a_header_that_cannot_be_true_is_refused_with_what_is_wrong(values, data, why):
    with pytest.raises(WeightsError, match=why) as caught:
        parsed(values, data)
    assert caught.value.message.startswith("net.safetensors ")


@pytest.mark.parametrize(
    ("raw", "why"),
    [(b"{", "no JSON"), (b"\xff", "no JSON"), (b"[" * 100_000, "no JSON"), (b'{"a": 1, "a": 1}', "'a' twice")],
)
def test_bytes_that_are_no_header_are_refused(raw, why):
    with pytest.raises(WeightsError, match=why):
        parsed(None, 0, raw)


@pytest.mark.parametrize(
    ("prefix", "size", "why"),
    [
        (b"abc", 3, "has 3 bytes"),
        ((header.LARGEST + 1).to_bytes(8, "little"), 10**12, "100000000 is the most"),
        (b"\xff" * 8, 10**12, "is the most"),
        ((100).to_bytes(8, "little"), 107, "truncated"),
    ],
)
def test_the_length_of_a_header_is_not_believed_either(prefix, size, why):
    with pytest.raises(WeightsError, match=why):
        header.length("net.safetensors", prefix, size)


NUMBERS = st.one_of(st.integers(-2, 40), st.sampled_from([2**63, 2**64, 10**30]), st.booleans(), st.floats())
ENTRIES = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from([*header.SIZES, "F4", "", 7]),
        "shape": st.lists(NUMBERS, max_size=3),
        "data_offsets": st.lists(NUMBERS, min_size=1, max_size=3),
    }
)
WHOLE = st.lists(st.tuples(st.sampled_from(["F32", "BF16", "I8"]), st.lists(st.integers(0, 3), max_size=3)), max_size=4)


@given(st.dictionaries(st.text(max_size=3), st.one_of(ENTRIES, st.none(), st.integers())), st.integers(0, 60))
@example({"a": f32(0, 8, 2), "b": f32(0, 8, 2)}, 8)
def test_whatever_it_says_a_header_is_refused_or_its_tensors_tile_the_file(values, data):
    text = json.dumps(values).encode()
    size = header.PREFIX + len(text) + data

    try:
        found = header.parse("x", text, size)
    except WeightsError:
        return

    edges = [header.PREFIX + len(text), *(e.end for e in found)]
    assert [e.begin for e in found] == edges[:-1] and edges[-1] == size
    assert all(e.size >= 0 for e in found)


@given(st.binary(max_size=60), st.integers(0, 2**20))
def test_any_bytes_at_all_are_refused_or_read(raw, size):
    try:
        count = header.length("x", raw[:8], size)
        header.parse("x", raw[8 : 8 + count], size)
    except WeightsError:
        pass


@given(WHOLE)
def test_every_true_header_is_read(tensors):
    values, at = {}, 0
    for number, (dtype, shape) in enumerate(tensors):
        size = header.SIZES[dtype]
        for side in shape:
            size *= side
        values[str(number)] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
        at += size

    found = parsed(values, at)

    assert {(e.name, e.dtype, e.shape) for e in found} == {
        (str(n), dtype, tuple(shape)) for n, (dtype, shape) in enumerate(tensors)
    }
