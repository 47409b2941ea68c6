import json
import math
from typing import Annotated, Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rung.runtime.errors import Malformed, RungError, TooLarge
from rung.runtime.server import strictjson
from rung.runtime.server.multipart import Part, read_multipart
from rung.runtime.server.options import refused, unknown
from rung.runtime.server.strictjson import DIGITS, not_finite, read_json

TYPE = "multipart/form-data; boundary=b"
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


# Names as people give them; what clients do to control characters and quotes is each client's own.
NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters='"\\%'), min_size=1, max_size=40)
PARTS = st.tuples(NAMES, st.none() | NAMES, st.binary(max_size=300))


@settings(max_examples=150, deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=5))
def test_what_a_client_wrote_as_multipart_is_what_is_read(parts: list[tuple[str, str | None, bytes]]) -> None:
    request = httpx.Request("POST", "http://x", files=[(name, (file, data)) for name, file, data in parts])

    found = read_multipart(request.read(), request.headers["content-type"], files=5, parts=5)

    assert found == [Part(name, data, file) for name, file, data in parts]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [b"--b", b"\r\n", b"--", b"\r\n\r\n", b'Content-Disposition: form-data; name="a"', b"x", b"\xff"]
        )
    )
)
def test_no_multipart_body_raises_anything_but_our_own(pieces: list[bytes]) -> None:
    try:
        found = read_multipart(b"".join(pieces), TYPE, files=2, parts=3)
        assert all(isinstance(part, Part) for part in found)
    except RungError as error:
        assert error.message


def test_a_preamble_padding_and_an_epilogue_are_allowed_by_the_standard() -> None:
    body = b'hello\r\n--b \t\r\nContent-Disposition: form-data; name="a\\"b"; filename="c"\r\n\r\n1\r\n--b--\r\nbye'

    assert read_multipart(body, TYPE, files=1, parts=1) == [Part('a"b', b"1", "c")]


def test_a_longer_line_that_begins_like_the_boundary_smuggles_no_part() -> None:
    part = b'Content-Disposition: form-data; name="a"\r\n\r\n1\r\n'

    with pytest.raises(Malformed, match="inside a part"):
        read_multipart(b"--b\r\n" + part + b"--bogus\r\n" + part + b"--b--", TYPE, files=1, parts=5)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_every_standard_json_value_is_read_as_it_is(value: object) -> None:
    assert read_json(json.dumps(value).encode()) == value


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from('[]{}",:0123456789.eE+-NaInfty truefalsn\\u\x00')))
def test_no_text_gives_a_number_that_is_not_finite_or_a_foreign_error(text: str) -> None:
    try:
        value = read_json(text)
    except RungError:
        return
    assert not isinstance(value, float) or math.isfinite(value)


def test_depth_is_counted_to_the_last_level() -> None:
    read_json("[" * 32 + "]" * 32)
    with pytest.raises(Malformed, match="deeper than 32"):
        read_json("[" * 33 + "]" * 33)


def test_a_whole_number_is_read_to_its_last_digit_and_not_one_further() -> None:
    assert read_json("9" * DIGITS) == 10**DIGITS - 1
    assert read_json("-" + "9" * DIGITS) == 1 - 10**DIGITS
    with pytest.raises(Malformed, match="309 digits"):
        read_json("9" * (DIGITS + 1))


def test_values_are_counted_before_they_are_made() -> None:
    read_json("[" + ",".join(["1"] * strictjson.VALUES) + "]")
    with pytest.raises(TooLarge, match="50000 JSON values"):
        read_json("[" + ",".join(["1"] * (strictjson.VALUES + 1)) + "]")


@pytest.mark.parametrize("data", [b'"\\ud800"', b'{"\\udfff": 1}', b'[["\\ud83d"]]', b'{"a": {"b": "x\\udc00"}}'])
def test_half_a_character_is_found_wherever_it_stands(data: bytes) -> None:
    with pytest.raises(Malformed, match="half a character"):
        read_json(data)
    assert read_json(b'"\\ud83d\\ude00"') == "\U0001f600"


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (1.5, ""),
        (math.nan, "a number"),
        ({"a": [1, (2.0, math.inf)]}, "a.1.1"),
        ({"a": {"b": -math.inf}, "c": 1}, "a.b"),
        ({"a": "nan", "b": True, "c": None, "d": 10**400}, ""),
    ],
)
def test_a_number_that_is_not_finite_is_named_by_its_place(value: object, where: str) -> None:
    assert not_finite(value) == where


def test_a_number_that_a_model_made_of_a_text_is_looked_at_too() -> None:
    class Inner(BaseModel):
        scale: float

    class Outer(BaseModel):
        items: list[Inner]

    made = Outer.model_validate({"items": [{"scale": "1"}, {"scale": "inf"}]})

    assert not_finite(made) == "items.1.scale"


@pytest.mark.parametrize(("files", "said"), [(1, "more than 1 file; send one a call"), (2, "more than 2 files")])
def test_one_file_too_many_is_told_with_their_number(files: int, said: str) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n1\r\n'

    with pytest.raises(TooLarge) as caught:
        read_multipart(part * (files + 1) + b"--x--", "multipart/form-data; boundary=x", files=files, parts=9)

    assert caught.value.message == said


def test_the_nearest_name_is_offered_only_where_it_is_close() -> None:
    known = ("file", "pages", "dpi")

    assert unknown("field", "page", known) == "no field 'page'; the nearest is 'pages'"
    assert unknown("field", "image", known) == "no field 'image'; known: file, pages, dpi"


class Bolt(BaseModel):
    model_config = ConfigDict(extra="forbid")
    length: int = 1


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")
    bolts: list[Bolt] | None = None
    spare: Annotated[Bolt, Field(description="one more")] | str = ""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"bolts": [{}, {"lenght": 2}]}, "bolts.1.lenght: no field 'lenght'; the nearest is 'length'"),
        ({"bolts": [{"colour": 2}]}, "bolts.0.colour: no field 'colour'; known: length"),
        ({"spare": {"lenght": 2}}, "spare.Bolt.lenght: no field 'lenght'; the nearest is 'length' (and 1 more)"),
        ({"botls": []}, "botls: no field 'botls'; the nearest is 'bolts'"),
    ],
)
def test_a_misspelt_name_inside_a_field_is_answered_with_the_nearest_there(given: Any, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Order.model_validate(given)

    assert refused(caught.value, model=Order).message == said
