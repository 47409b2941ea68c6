"""Requests that are wrong: each is refused with its status, in the protocol's shape, before any model is asked."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from oip_server import Tensors
from test_triton_client import picture

PIXELS: dict[str, Any] = {"name": "pixels", "datatype": "UINT8", "shape": [1, 2, 3], "data": [1, 2, 3, 4, 5, 6]}
MASK: dict[str, Any] = {"name": "mask", "datatype": "UINT8", "shape": [1, 2], "data": [0, 255]}
PICTURE: dict[str, Any] = {"name": "picture", "datatype": "BYTES", "shape": [1], "data": ["x"]}
POINTS: dict[str, Any] = {"name": "points", "datatype": "FP32", "shape": [1, 3], "data": [1, 1, 1]}


def echo(*inputs: Mapping[str, Any], **more: Any) -> bytes:
    return json.dumps({"inputs": list(inputs or (PIXELS, MASK))} | more).encode()


def click(data: bytes, *inputs: Mapping[str, Any], size: int = -1) -> tuple[bytes, int]:
    """A picture in binary, beside other inputs."""
    packed = len(data).to_bytes(4, "little") + data
    said = {key: PICTURE[key] for key in ("name", "datatype", "shape")}
    said["parameters"] = {"binary_data_size": len(packed) if size < 0 else size}
    text = json.dumps({"inputs": [said, *inputs]}).encode()
    return text + packed, len(text)


def binary(size: Any, tail: bytes, datatype: str = "UINT8", shape: Any = (1, 2, 3)) -> tuple[bytes, int]:
    first = {"name": "pixels", "datatype": datatype, "shape": shape, "parameters": {"binary_data_size": size}}
    text = json.dumps({"inputs": [first, MASK]}).encode()
    return text + tail, len(text)


def points(*rows: Any, **more: Any) -> tuple[bytes, int]:
    flat = [value for row in rows for value in row]
    return click(picture(), POINTS | {"shape": [len(rows), 3], "data": flat} | more)


BAD: list[tuple[str, str, Any, int]] = [
    ("no body", "echo", b"", 400),
    ("broken json", "echo", b"{", 400),
    ("a list", "echo", b"[]", 422),
    ("NaN in json", "echo", b'{"inputs": [{"name": "a", "shape": [1], "datatype": "FP32", "data": [NaN]}]}', 400),
    ("an unknown member", "echo", echo(models=1), 422),
    ("inputs no list", "echo", b'{"inputs": {}}', 422),
    ("an input no object", "echo", echo("x"), 422),  # type: ignore[arg-type]
    ("no inputs", "echo", b"{}", 422),
    ("an input twice", "echo", echo(PIXELS, MASK, MASK), 422),
    ("a name that is no text", "echo", echo(PIXELS | {"name": 3}, MASK), 422),
    ("a name of a megabyte", "echo", echo(PIXELS | {"name": "n" * 1_000_000}, MASK), 422),
    ("a datatype that is none", "echo", echo(PIXELS | {"datatype": "UINT7"}, MASK), 422),
    ("another datatype", "echo", echo(PIXELS | {"datatype": "INT32"}, MASK), 422),
    ("a shape that is no list", "echo", echo(PIXELS | {"shape": 6}, MASK), 422),
    ("a shape of fractions", "echo", echo(PIXELS | {"shape": [1, 2.5, 3]}, MASK), 422),
    ("a side below zero", "echo", echo(PIXELS | {"shape": [-1, -2, 3]}, MASK), 422),
    ("sides without end", "echo", echo(PIXELS | {"shape": [2**40, 2**40, 3]}, MASK), 413),
    ("nine axes", "echo", echo(PIXELS | {"shape": [1] * 9}, MASK), 422),
    ("too few data", "echo", echo(PIXELS | {"data": [1]}, MASK), 422),
    ("a number beyond a byte", "echo", echo(PIXELS | {"data": [1, 2, 3, 4, 5, 256]}, MASK), 422),
    ("a fraction as a byte", "echo", echo(PIXELS | {"data": [1, 2, 3, 4, 5, 6.5]}, MASK), 422),
    ("a bool as a byte", "echo", echo(PIXELS | {"data": [1, 2, 3, 4, 5, True]}, MASK), 422),
    ("texts as bytes", "echo", echo(PIXELS | {"data": ["1"] * 6}, MASK), 422),
    ("data beside binary", "echo", echo(PIXELS | {"parameters": {"binary_data_size": 6}}, MASK), 422),
    ("neither data nor binary", "echo", echo({"name": "pixels", "datatype": "UINT8", "shape": [1, 2, 3]}, MASK), 422),
    ("an unknown parameter of an input", "echo", echo(PIXELS | {"parameters": {"shared_memory_region": "x"}}), 422),
    ("parameters no object", "echo", echo(PIXELS | {"parameters": 3}, MASK), 422),
    ("sides that differ", "echo", echo(PIXELS, MASK | {"shape": [2, 1]}), 422),
    ("no side", "echo", echo(PIXELS | {"shape": [0, 2, 3], "data": []}, MASK | {"shape": [0, 2], "data": []}), 422),
    ("a side over the limit", "echo", echo(PIXELS | {"shape": [1, 70_000, 3], "data": [0] * 210_000}), 413),
    ("data nested too deep", "echo", echo(PIXELS | {"data": json.loads("[" * 33 + "]" * 33)}, MASK), 400),
    ("more behind than said", "echo", binary(6, b"1234567"), 422),
    ("less behind than said", "echo", binary(6, b"12345"), 422),
    ("a size that the shape has not", "echo", binary(5, b"12345"), 422),
    ("a size below zero", "echo", binary(-6, b"123456"), 422),
    ("a size that is a text", "echo", binary("6", b"123456"), 422),
    ("sides that overflow with an empty tail", "echo", binary(0, b"", shape=[2**31, 2**31, 2**31]), 413),
    ("a header beyond the body", "echo", (echo(), 10_000), 400),
    ("a header that is no number", "echo", (echo(), "-1"), 400),
    ("a header of nineteen digits", "echo", (echo(), "9" * 19), 400),
    ("a header inside the json", "echo", (echo(), 10), 400),
    ("a header of zero", "echo", (echo(), 0), 400),
    ("an unknown output", "echo", echo(outputs=[{"name": "x"}]), 422),
    ("an output twice", "echo", echo(outputs=[{"name": "pixels"}] * 2), 422),
    ("classification", "echo", echo(outputs=[{"name": "pixels", "parameters": {"classification": 3}}]), 422),
    ("binary that is no bool", "echo", echo(parameters={"binary_data_output": 1}), 422),
    ("an id that is no text", "echo", echo(id=7), 422),
    ("a seed below zero", "echo", echo(parameters={"seed": -1}), 422),
    ("a seed with a fraction", "echo", echo(parameters={"seed": 1.5}), 422),
    ("a deadline of zero", "echo", echo(parameters={"deadline_s": 0}), 422),
    ("a deadline of years", "echo", echo(parameters={"deadline_s": 1e9}), 422),
    ("two deadlines", "echo", echo(parameters={"deadline_s": 1, "timeout": 5}), 422),
    ("a timeout that is a text", "echo", echo(parameters={"timeout": "5"}), 422),
    ("an unknown parameter", "echo", echo(parameters={"quality_floor": "real"}), 422),
    ("a picture that is none", "click", click(b"no picture", POINTS), 415),
    ("an empty picture", "click", click(b"", POINTS), 422),
    ("a picture that is cut off", "click", click(picture()[:40], POINTS), 422),
    ("a length beyond the tensor", "click", (click(b"")[0][:-4] + b"\xff\xff\xff\x7f", click(b"")[1]), 422),
    ("a length cut in two", "click", (click(b"", size=2)[0][:-2], click(b"", size=2)[1]), 422),
    ("two elements for one", "click", (click(b"", size=8)[0] + bytes(4), click(b"", size=8)[1]), 422),
    ("a picture as plain text", "click", echo(PICTURE, POINTS), 422),
    ("a data url that is no base64", "click", echo(PICTURE | {"data": ["data:image/png;base64,@@@"]}, POINTS), 422),
    ("a number where a picture is", "click", echo(PICTURE | {"data": [1]}, POINTS), 422),
    ("no click and no box", "click", click(picture()), 422),
    ("a point outside the picture", "click", points([6, 1, 1]), 422),
    ("a label that is none", "click", points([1, 1, 2]), 422),
    ("a label with a fraction", "click", points([1, 1, 0.5]), 422),
    ("too many points", "click", points(*[[1, 1, 1]] * 1025), 413),
    ("points of two numbers", "click", click(picture(), POINTS | {"shape": [1, 2], "data": [1, 1]}), 422),
    ("a box that is turned round", "click", click(picture(), {"name": "box", "datatype": "FP32", "shape": [4],
                                                              "data": [3, 3, 1, 1]}), 422),
    ("a number too large for its datatype", "click", points([1e39, 1, 1]), 422),
]  # fmt: skip


@pytest.mark.parametrize(("model", "sent", "status"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
async def test_a_wrong_request_is_refused_in_the_protocols_shape(
    served: Tensors, model: str, sent: Any, status: int
) -> None:
    body, end = sent if isinstance(sent, tuple) else (sent, None)
    headers = {} if end is None else {"Inference-Header-Content-Length": str(end)}

    got = await served.http.post(f"/v2/models/{model}/infer", content=body, headers=headers)

    assert got.status_code == status, got.text
    assert list(got.json()) == ["error"] and len(got.json()["error"]) < 800
    assert got.headers["rung-code"]
    assert served.caller.inputs == []


async def test_infinity_in_binary_is_no_number(served: Tensors) -> None:
    row = b"\x00\x00\x80\x7f" * 3
    said = {"name": "points", "datatype": "FP32", "shape": [1, 3], "parameters": {"binary_data_size": 12}}
    image = len(picture()).to_bytes(4, "little") + picture()
    first = {"name": "picture", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": len(image)}}
    text = json.dumps({"inputs": [first, said]}).encode()

    got = await served.http.post(
        "/v2/models/click/infer",
        content=text + image + row,
        headers={"Inference-Header-Content-Length": str(len(text))},
    )

    assert (got.status_code, "finite" in got.json()["error"]) == (422, True)


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/v2/models/echo/infer", {"Content-Type": "text/xml"}, 415),
        ("POST", "/v2/models/echo/infer", {"Content-Type": "application/json; charset=utf-16"}, 400),
        ("POST", "/v2/models/echo/infer", {"Content-Encoding": "deflate"}, 415),
        ("POST", "/v2/models/echo/infer", {"Content-Length": "999999999999"}, 413),
        ("POST", "/v2/models/echo/infer", {"Content-Length": "x"}, 400),
        ("POST", "/v2/models/echo/infer", {"Host": "elsewhere.example"}, 421),
        ("POST", "/v2/models/echo/infer", {"Origin": "http://elsewhere.example"}, 403),
        ("POST", "/v2/models/../infer", {}, 404),
        ("GET", "/v2/models/echo/infer", {}, 405),
        ("GET", "/v2/nothing", {}, 404),
        ("GET", "/v2/models/" + "m" * 3000, {}, 404),
        ("GET", "/v2/models/echo/versions/0", {}, 404),
        ("GET", "/v2/models/compute", {}, 404),
        ("GET", "/v2/models/sam-huge/ready", {}, 503),
        ("POST", "/v2/repository/models/nothing/load", {}, 404),
        ("POST", "/v2/repository/models/sam-huge/load", {}, 503),
    ],
)
async def test_the_edges_own_refusals_have_the_protocols_shape_too(
    served: Tensors, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    got = await served.http.request(method, path, content=echo() if method == "POST" else None, headers=headers)

    assert got.status_code == status, got.text
    assert isinstance(got.json()["error"], str)


async def test_more_numbers_than_json_holds_are_refused_and_given_in_binary(served: Tensors) -> None:
    side = 130  # its pixels are 50700 numbers
    shapes = [("pixels", [side, side, 3]), ("mask", [side, side])]
    inputs = [
        {"name": name, "datatype": "UINT8", "shape": shape, "parameters": {"binary_data_size": len(data)}}
        for name, shape in shapes
        for data in [bytes(side * side * (3 if name == "pixels" else 1))]
    ]
    tail = bytes(side * side * 4)

    async def ask(**more: Any) -> Any:
        text = json.dumps({"inputs": inputs} | more).encode()
        headers = {"Inference-Header-Content-Length": str(len(text))}
        return await served.http.post("/v2/models/echo/infer", content=text + tail, headers=headers)

    plain, binary = await ask(), await ask(parameters={"binary_data_output": True})

    assert (plain.status_code, "in binary" in plain.json()["error"]) == (422, True)
    assert binary.status_code == 200 and binary.content.endswith(b"\xff" * side * side * 3)
