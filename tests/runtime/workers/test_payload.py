"""What crosses to a worker and back, value by value."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from rung.runtime.errors import InvalidInput
from rung.runtime.tasks import ComputeInput, Picture, Point, SegmentInput
from rung.runtime.workers import payload
from rung.runtime.workers.room import Room
from rung.runtime.workers.segments import Pool

KEYS = st.one_of(st.text(max_size=8), st.integers(), st.booleans(), st.none())
PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary(max_size=300),
    st.integers(4090, 4100).map("\u00fc".__mul__),
)  # fmt: skip
PICTURES = st.builds(
    Picture, data=st.binary(max_size=100), key=st.text(max_size=5), width=st.integers(1, 9), height=st.integers(1, 9),
    media_type=st.just("image/png"),
)  # fmt: skip
SEGMENTS = st.builds(
    SegmentInput,
    picture=PICTURES,
    points=st.lists(st.builds(Point, x=st.floats(0, 9), y=st.floats(0, 9), label=st.sampled_from([0, 1]))).map(tuple),
    box=st.none() | st.tuples(*[st.floats(0, 9)] * 4),
)
VALUES = st.recursive(
    PLAIN | PICTURES | SEGMENTS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.dictionaries(st.sampled_from(["$", "t", "v"]), inner)
    ),
    max_leaves=12,
)
DTYPES = st.one_of(
    arrays.boolean_dtypes(), arrays.integer_dtypes(), arrays.unsigned_integer_dtypes(),
    arrays.floating_dtypes(sizes=(16, 32, 64)), arrays.complex_number_dtypes(sizes=(64, 128)),
)  # fmt: skip


def there_and_back(value: Any) -> Any:
    encoded = payload.encode(value)
    tree = json.loads(json.dumps(encoded.tree))
    return payload.Decoder(encoded.inline()).decode(tree)


def same(a: Any, b: Any) -> bool:
    """Equal, and of the same types all the way down."""
    if type(a) is not type(b):
        return False
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return same(list(a.items()), list(b.items()))
    return bool(a == b)


@settings(deadline=None)
@given(VALUES)
def test_plain_values_come_back_equal_and_of_the_same_type(value):
    assert same(there_and_back(value), value)


@settings(deadline=None)
@given(arrays.arrays(DTYPES, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)))
def test_arrays_come_back_with_their_shape_dtype_and_bits(array):
    back = there_and_back({"a": array, "rest": (array, b"x")})

    for found in (back["a"], back["rest"][0]):
        assert (found.shape, found.dtype) == (array.shape, array.dtype)
        assert found.tobytes() == array.tobytes()


def test_an_array_of_any_layout_comes_back_equal():
    array = np.arange(60, dtype=np.int16).reshape(3, 4, 5)

    for view in (array[:, ::2], array.T, array[::-1], np.asfortranarray(array), np.broadcast_to(array, (2, 3, 4, 5))):
        assert np.array_equal(there_and_back(view), view)


def test_floats_that_are_no_numbers_survive():
    back = there_and_back([math.nan, math.inf, -math.inf, -0.0])

    assert math.isnan(back[0])
    assert back[1:3] == [math.inf, -math.inf]
    assert math.copysign(1, back[3]) == -1


def test_numpy_scalars_become_plain_ones():
    back = there_and_back([np.float32(0.5), np.int64(7), np.bool_(True), np.uint8(255)])

    assert same(back, [0.5, 7, True, 255])


def test_an_inline_array_is_read_only_where_the_body_is():
    assert not there_and_back(np.zeros(3)).flags.writeable


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({1, 2}, "value is a builtins.set"),
        ([object()], r"value\[0\] is a builtins.object"),
        (ComputeInput(function="f", arguments={"x": [1j]}), r"value.arguments\['x'\]\[0\] is a builtins.complex"),
        (np.array([object()]), "array of object"),
        (np.array(["a"]), "array of <U1"),
        (np.zeros(2, np.longdouble), "array of float128"),
        (np.zeros(2, [("a", "u1")]), r"array of \[\('a'"),
        (np.ma.masked_array([1], [True]), "numpy.ma.MaskedArray"),
        (np.datetime64("2024-01-01"), "datetime64"),
        (print, "builtin_function_or_method"),
    ],
)
def test_what_cannot_cross_is_refused_by_name(value, says):
    with pytest.raises(InvalidInput, match=says):
        payload.encode(value)


def test_a_value_that_holds_itself_is_refused():
    value: list[Any] = []
    value.append(value)

    with pytest.raises(InvalidInput, match="deeper than 64"):
        payload.encode(value)


@pytest.mark.parametrize(
    "tree", [{"$": "pickle", "v": ""}, {"$": "data", "t": "Task", "v": [1]}, {"$": "data", "t": "os", "v": []}]
)
def test_a_tree_cannot_name_anything_but_values(tree):
    with pytest.raises((InvalidInput, ValueError)):
        payload.Decoder(b"").decode(tree)


def test_sizes_are_what_the_body_holds():
    encoded = payload.encode({"a": np.zeros((10, 10), np.float32), "b": [b"x" * 50, "y" * 5000]})

    assert payload.sizes(encoded.tree) == (400, 5050)


def test_what_lies_in_its_room_is_no_piece_to_be_copied():
    room = Room(Pool())
    home, outside = room.empty((100, 400), np.uint8), np.full(50, 2, np.uint8)
    home[:] = 1

    encoded = payload.encode([home, home[10:20], outside], "answer", room)

    assert [len(piece) for _, piece in encoded.pieces] == [50]
    assert encoded.segment is not None and room.segment is None
    encoded.write(encoded.segment.map)
    whole, part, other = payload.Decoder(encoded.segment.map).decode(encoded.tree)
    assert np.array_equal(whole, home) and part.shape == (10, 400) and np.array_equal(other, outside)


def test_a_room_gives_ordinary_arrays_when_it_is_full_or_not_worth_it():
    room = Room(Pool())

    assert room.empty(100, np.uint8).base is None and room.segment is None
    assert room.empty(100_000, np.float32).base is not None
    assert room.empty(1_000_000, np.uint8).base is None
    assert room.empty((0, 5), np.uint8).shape == (0, 5)
