"""Each wrong request with the status and the code that it must get. None may be a 500."""

import struct
import time
import zlib
from base64 import b64encode
from typing import Any

import pytest
from toy_app import Toy, encoded

PNG = encoded()
JSON = {"content-type": "application/json"}


def bomb(side: int = 13_000) -> bytes:
    """A black grey-scale PNG of side x side in well under a megabyte."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pack = zlib.compressobj(9)
    rows = b"".join(pack.compress(bytes(side + 1)) for _ in range(side)) + pack.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def picture(data: bytes) -> dict[str, Any]:
    return {"files": {"image": ("x.png", data, "image/png")}}


def form(body: bytes, boundary: str = "b") -> dict[str, Any]:
    return {"content": body, "headers": {"content-type": f"multipart/form-data; boundary={boundary}"}}


def fields(**values: str) -> dict[str, Any]:
    return {"files": {name: (None, value) for name, value in values.items()}}


def body(content: bytes | str, **headers: str | bytes) -> dict[str, Any]:
    return {"content": content, "headers": JSON | {k.replace("_", "-"): v for k, v in headers.items()}}


def part(name: str, data: bytes = b"1", more: str = "") -> bytes:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + data + b"\r\n"


DATA_URL = "data:image/png;base64," + b64encode(PNG).decode()

UNSUPPORTED = "unsupported-media"
FORM = "multipart/form-data; boundary=b"
PIECES = "multipart/form-data; boundary*0=a; boundary*1=b"
BASE64 = "Content-Transfer-Encoding: base64"
NAMELESS = b"--b\r\nA: b\r\n\r\nx\r\n--b--"
DISPOSITION = b"Content-Disposition: form-data; name="
INNER = part("file", PNG, '; filename="x.png"').replace(b"--b", b"--c") + b"--c--"
NESTED = part("image", INNER, '; filename="x"\r\nContent-Type: multipart/mixed; boundary=c') + b"--b--"
CONTRADICTION = picture(PNG) | {"data": {"format": "webp"}, "headers": {"accept": "image/png"}}

TABLE: list[tuple[str, str, dict[str, Any], int, str]] = [
    ("broken json", "sum", body("{"), 400, "malformed"),
    ("empty json", "sum", body(""), 400, "malformed"),
    ("a list as the body", "sum", body("[]"), 422, "invalid-input"),
    ("NaN", "sum", body('{"points": [[NaN, 1, 1]]}'), 400, "malformed"),
    ("infinity by overflow", "sum", body('{"points": [[1e999, 1, 1]]}'), 400, "malformed"),
    ("a number of 5000 digits", "sum", body('{"scale": ' + "9" * 5000 + "}"), 400, "malformed"),
    ("an integer beyond a double", "sum", body('{"points": [], "scale": 1' + "0" * 400 + "}"), 400, "malformed"),
    ("a long list of long integers", "sum", body("[" + ",".join(["9" * 4299] * 5000) + "]"), 400, "malformed"),
    ("a fraction of 5 MB", "sum", body('{"scale": 0.' + "9" * 5_000_000 + ', "points": 1}'), 422, "invalid-input"),
    ("minus infinity", "sum", body('{"points": [[-Infinity, 1, 1]]}'), 400, "malformed"),
    ("NaN in the options", "sum", body('{"points": [], "options": {"max_cost": NaN}}'), 400, "malformed"),
    ("NaN as text", "sum", body('{"points": [], "scale": "NaN"}'), 422, "invalid-input"),
    ("infinity as text", "sum", body('{"points": [["inf", 1, 1]]}'), 422, "invalid-input"),
    ("a byte order mark", "sum", body(b'\xef\xbb\xbf{"points": []}'), 400, "malformed"),
    ("zero bytes", "sum", body(bytes(1000)), 400, "malformed"),
    ("utf-32", "sum", body('{"points": []}'.encode("utf-32")), 400, "malformed"),
    ("utf-7 by name", "sum", body("{}", content_type='application/json; charset="utf-7"'), 400, "malformed"),
    ("an overlong slash", "sum", body(b'{"points": [], "note": "\xc0\xaf"}'), 400, "malformed"),
    ("two values", "sum", body('{"points": []} {}'), 400, "malformed"),
    ("a comment", "sum", body('{"points": [] /* none */}'), 400, "malformed"),
    ("single quotes", "sum", body("{'points': []}"), 400, "malformed"),
    ("a line feed in a text", "sum", body('{"points": [], "note": "a\nb"}'), 400, "malformed"),
    ("a key of 1 MB", "sum", body('{"' + "k" * 1_000_000 + '": 1}'), 422, "invalid-input"),
    ("100000 elements", "sum", body('{"points": [' + ",".join(["1"] * 100_000) + "]}"), 413, "too-large"),
    ("49000 elements", "sum", body('{"points": [' + ",".join(["1"] * 49_000) + "]}"), 422, "invalid-input"),
    ("49000 keys", "sum", body("{" + ",".join(f'"k{n}": 1' for n in range(49_000)) + "}"), 422, "invalid-input"),
    ("24000 points", "sum", body('{"points": [' + ",".join(["[]"] * 24_000) + "]}"), 422, "invalid-input"),
    ("a key twice, deep", "sum", body('{"points": [], "options": {"seed": 1, "seed": 2}}'), 400, "malformed"),
    ("depth 33", "sum", body('{"points": ' + "[" * 33 + "]" * 33 + "}"), 400, "malformed"),
    ("depth 40000", "sum", body("[" * 40_000), 400, "malformed"),
    ("depth 100000", "sum", body("[" * 100_000), 413, "too-large"),
    ("a million empty lists", "sum", body("[" + "[]," * 1_000_000 + "[]]"), 413, "too-large"),
    ("a key twice", "sum", body('{"note": "a", "note": "b", "points": []}'), 400, "malformed"),
    ("latin-1 bytes", "sum", body(b'{"note": "\xe9", "points": []}'), 400, "malformed"),
    ("utf-16", "sum", body('{"points": []}'.encode("utf-16")), 400, "malformed"),
    ("another charset", "sum", body("{}", content_type="application/json; charset=euc-kr"), 400, "malformed"),
    ("a lone surrogate", "sum", body('{"points": [], "note": "\\ud800"}'), 400, "malformed"),
    ("a surrogate as a key", "sum", body('{"\\udfff": 1}'), 400, "malformed"),
    ("unknown field", "sum", body('{"pionts": []}'), 422, "invalid-input"),
    ("missing field", "sum", body("{}"), 422, "invalid-input"),
    ("wrong type", "sum", body('{"points": "here"}'), 422, "invalid-input"),
    ("65 points", "sum", body('{"points": [' + ",".join(["[1,2,1]"] * 65) + "]}"), 422, "invalid-input"),
    ("unknown option", "sum", body('{"points": [], "options": {"sead": 1}}'), 422, "invalid-input"),
    ("options no object", "sum", body('{"points": [], "options": 3}'), 422, "invalid-input"),
    ("unknown variant", "sum", body('{"points": [], "options": {"variant": "echo-3"}}'), 422, "invalid-input"),
    ("deadline of zero", "sum", body('{"points": [], "options": {"deadline_s": 0}}'), 422, "invalid-input"),
    ("priority unknown", "sum", body('{"points": [], "options": {"priority": "now"}}'), 422, "invalid-input"),
    ("privacy unknown", "sum", body('{"points": [], "options": {"privacy": "none"}}'), 422, "invalid-input"),
    ("seed below zero", "sum", body('{"points": [], "options": {"seed": -1}}'), 422, "invalid-input"),
    ("seed of 64 bits", "sum", body(f'{{"points": [], "options": {{"seed": {2**63}}}}}'), 422, "invalid-input"),
    ("seed with a fraction", "sum", body('{"points": [], "options": {"seed": 1.5}}'), 422, "invalid-input"),
    ("a deadline of years", "sum", body('{"points": [], "options": {"deadline_s": 1e9}}'), 422, "invalid-input"),
    ("a negative price", "sum", body('{"points": [], "options": {"max_cost": -1}}'), 422, "invalid-input"),
    ("options of options", "sum", body('{"points": [], "options": {"options": {}}}'), 422, "invalid-input"),
    ("a callback here", "sum", body('{"points": [], "options": {"callback": "x"}}'), 422, "url-not-allowed"),
    ("a floor that is a path", "sum", body('{"points": [], "options": {"variant": "../x"}}'), 422, "invalid-input"),
    ("xml", "sum", {"content": "<a/>", "headers": {"content-type": "text/xml"}}, 415, "unsupported-media"),
    ("no content type", "sum", {"content": "{}"}, 415, "unsupported-media"),
    ("a web form", "sum", body("points=[]", content_type="application/x-www-form-urlencoded"), 415, UNSUPPORTED),
    ("what a page may send unasked", "sum", body('{"points": []}', content_type="text/plain"), 415, UNSUPPORTED),
    ("a type and more", "sum", body("{}", content_type="application/json, text/html"), 415, UNSUPPORTED),
    ("a type that only begins so", "sum", body("{}", content_type="application/jsonp"), 415, UNSUPPORTED),
    ("multipart of another kind", "sum", body("", content_type="multipart/mixed; boundary=b"), 415, UNSUPPORTED),
    ("json that says it is a form", "sum", body('{"points": []}', content_type=FORM), 400, "malformed"),
    ("a form that says it is json", "sum", body(part("points", b"[]") + b"--b--"), 400, "malformed"),
    ("gzip", "sum", body(b"\x1f\x8b", content_encoding="gzip"), 415, "unsupported-media"),
    ("brotli", "sum", body(b"\x8b", content_encoding="br"), 415, "unsupported-media"),
    ("gzip and nothing", "sum", body(b"\x1f\x8b", content_encoding="identity, gzip"), 415, "unsupported-media"),
    ("an empty Idempotency-Key", "sum", body('{"points": []}', idempotency_key=""), 400, "malformed"),
    ("a quoted empty one", "sum", body('{"points": []}', idempotency_key='""'), 400, "malformed"),
    ("one of 256 characters", "sum", body('{"points": []}', idempotency_key="k" * 256), 400, "malformed"),
    ("one with a tab", "sum", body('{"points": []}', idempotency_key="a\tb"), 400, "malformed"),
    ("one with a control character", "sum", body('{"points": []}', idempotency_key="a\x01b"), 400, "malformed"),
    ("one beyond ASCII", "sum", body('{"points": []}', idempotency_key=b"caf\xe9"), 400, "malformed"),
    ("Prefer below zero", "sum", body('{"points": []}', prefer="wait=-1"), 400, "malformed"),
    ("Prefer a fraction", "sum", body('{"points": []}', prefer="wait=1.5"), 400, "malformed"),
    ("Prefer NaN", "sum", body('{"points": []}', prefer="respond-async, wait=NaN"), 400, "malformed"),
    ("Prefer of ten digits", "sum", body('{"points": []}', prefer="wait=1000000000"), 400, "malformed"),
    ("Prefer a superscript", "sum", body('{"points": []}', prefer=b"wait=\xb2"), 400, "malformed"),
    ("Prefer nothing", "sum", body('{"points": []}', prefer="wait="), 400, "malformed"),
    ("a q-value of NaN", "sum", body('{"points": []}', accept="application/json;q=nan"), 400, "malformed"),
    ("a q-value of infinity", "sum", body('{"points": []}', accept="application/json;q=inf"), 400, "malformed"),
    ("100000 media types", "sum", body('{"points": []}', accept="a/b," * 100_000), 406, "not-acceptable"),
    ("Prefer without a number", "sum", body('{"points": []}', prefer="wait=soon"), 400, "malformed"),
    ("nothing acceptable", "sum", body('{"points": []}', accept="image/png"), 406, "not-acceptable"),
    ("a q-value that is none", "sum", body('{"points": []}', accept="image/png;q=x"), 400, "malformed"),
    ("format against Accept", "paint", CONTRADICTION, 406, "not-acceptable"),
    ("form field no json", "sum", fields(points="[[1,2"), 422, "invalid-input"),
    ("form field NaN", "sum", fields(points="[]", scale="NaN"), 422, "invalid-input"),
    ("form field infinity", "sum", fields(points="[[1e999,1,1]]"), 422, "invalid-input"),
    ("form options twice the key", "sum", fields(points="[]", options='{"seed":1,"seed":2}'), 422, "invalid-input"),
    ("form options no object", "sum", fields(points="[]", options="[]"), 422, "invalid-input"),
    ("form field given twice", "sum", {"files": [("points", (None, "[]"))] * 2}, 422, "invalid-input"),
    ("form text not utf-8", "sum", form(part("points", b"[]") + part("note", b"\xff") + b"--b--"), 400, "malformed"),
    ("no boundary", "sum", {"content": b"--b--", "headers": {"content-type": "multipart/form-data"}}, 400, "malformed"),
    ("boundary of 100 KB", "sum", form(b"--b--", "b" * 100_000), 400, "malformed"),
    ("boundary of 71", "sum", form(b"--b--", "b" * 71), 400, "malformed"),
    ("empty boundary", "sum", form(b"----", '""'), 400, "malformed"),
    ("boundary in pieces", "sum", body(b"--b--", content_type=PIECES), 400, "malformed"),
    ("boundary beyond ASCII", "sum", body(b"--\xe9--", content_type=FORM.encode() + b"\xe9"), 400, "malformed"),
    ("boundary not in the body", "sum", form(b"--c--\r\n"), 400, "malformed"),
    ("no last boundary", "size", form(part("image", PNG, '; filename="x"')[:-2]), 400, "malformed"),
    ("part without a name", "size", form(NAMELESS), 400, "malformed"),
    ("part without end of headers", "size", form(b"--b\r\n" + b"A" * 20_000 + b"\r\n--b--"), 400, "malformed"),
    ("boundary inside a part", "sum", form(part("note", b"\r\n--bx" * 20_000) + b"--b--"), 400, "malformed"),
    ("10000 parts", "sum", form(part("note") * 10_000 + b"--b--"), 413, "too-large"),
    ("10000 files", "many", form(part("images", b"", '; filename="x"') * 2_000 + b"--b--"), 413, "too-large"),
    ("a part header of 1 MB", "size", form(part("image", PNG, "\r\nX: " + "a" * 1_000_000)), 400, "malformed"),
    ("a name of 2000 characters", "sum", form(part("n" * 2000) + b"--b--"), 400, "malformed"),
    ("a name of zero bytes", "sum", form(part("\0\0") + b"--b--"), 422, "invalid-input"),
    ("a name beyond UTF-8", "sum", form(NAMELESS.replace(b"A: b", DISPOSITION + b'"\xff"')), 400, "malformed"),
    ("an attachment", "sum", form(part("points").replace(b"form-data", b"attachment") + b"--b--"), 400, "malformed"),
    ("a form in a form", "size", form(part("image", part("image", PNG) + b"--c--") + b"--b--"), 422, "invalid-input"),
    ("multipart/mixed in a form", "size", form(NESTED), 415, "unsupported-media"),
    ("base64 in a part", "size", form(part("image", b64encode(PNG), "\r\n" + BASE64) + b"--b--"), 415, UNSUPPORTED),
    ("only line feeds", "sum", form(part("points", b"[]").replace(b"\r\n", b"\n") + b"--b--"), 400, "malformed"),
    ("more files than allowed", "many", {"files": [("images", ("x", encoded(1, 1)))] * 4}, 413, "too-large"),
    ("33 files", "size", {"files": [("image", ("x", PNG))] * 33}, 413, "too-large"),
    ("40 parts", "sum", form(part("note") * 40 + b"--b--"), 413, "too-large"),
    ("body over the limit", "many", {"files": {"images": ("x", bytes(200_001))}}, 413, "too-large"),
    ("pixels over the limit", "many", {"files": {"images": ("x", encoded(1001, 1000))}}, 413, "too-large"),
    ("a bomb", "size", picture(bomb()), 413, "too-large"),
    ("zero bytes", "size", picture(b""), 422, "invalid-input"),
    ("text as a picture", "size", picture(b"hello there"), 415, "unsupported-media"),
    ("svg", "size", picture(b"<svg xmlns='x'/>"), 415, "unsupported-media"),
    ("gif", "size", picture(encoded(format="GIF")), 415, "unsupported-media"),
    ("heic", "size", picture(b"\0\0\0\x18ftypheic" + bytes(32)), 415, "unsupported-media"),
    ("png signature alone", "size", picture(PNG[:8]), 422, "invalid-input"),
    ("png without its end", "size", picture(PNG[:-12]), 422, "invalid-input"),
    ("jpeg without its end", "size", picture(encoded(format="JPEG")[:-2]), 422, "invalid-input"),
    ("jpeg cut in its header", "size", picture(encoded(format="JPEG")[:100]), 422, "invalid-input"),
    ("webp cut", "size", picture(encoded(format="WEBP")[:-4]), 422, "invalid-input"),
    ("text where a file belongs", "size", body('{"image": "x.png"}'), 422, "invalid-input"),
    ("data url that is none", "size", body('{"image": {"data": "abc"}}'), 422, "invalid-input"),
    ("base64 that is none", "size", body('{"image": {"data": "data:image/png;base64,@@"}}'), 422, "invalid-input"),
    ("an unknown file id", "size", body('{"image": {"file": "../../etc/passwd"}}'), 422, "invalid-input"),
    ("a url", "size", body('{"image": {"url": "http://169.254.169.254/"}}'), 422, "url-not-allowed"),
    ("a file and more", "size", body(f'{{"image": {{"data": "{DATA_URL}", "x": 1}}}}'), 422, "invalid-input"),
    ("no such operation", "sun", body("{}"), 404, "not-found"),
]  # fmt: skip

DEAR_S = 0.3
"""Of CPU; the least of up to five tries, since a pause of the collector or of the machine is no cost of the request."""


@pytest.mark.parametrize(
    ("operation", "request_", "status", "code"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
async def test_a_wrong_request_gets_its_status_and_code(
    toy: Toy, operation: str, request_: dict[str, Any], status: int, code: str
) -> None:
    spent = []
    while not spent or (min(spent) > DEAR_S and len(spent) < 5):
        begun = time.process_time()
        got = await toy.http.post(f"/v1/toy/{operation}", **request_)
        spent.append(time.process_time() - begun)
    after = await toy.http.get("/healthz")

    assert (got.status_code, got.json()["code"]) == (status, code), got.text
    assert got.headers["content-type"] == "application/problem+json"
    assert got.json()["type"] == f"urn:rung:problem:{code}"
    print(f"{min(spent) * 1e3:.0f} ms of CPU, the client's too")
    assert min(spent) <= DEAR_S, "a wrong request is to be cheap"
    assert after.status_code == 200


async def test_a_misspelt_name_is_answered_with_the_nearest(toy: Toy) -> None:
    field = await toy.http.post("/v1/toy/sum", json={"pionts": []})
    option = await toy.http.post("/v1/toy/sum", json={"points": [], "options": {"sead": 1}})
    path = await toy.http.post("/v1/toy/sun", json={})

    assert "'points'" in field.json()["detail"]
    assert "'seed'" in option.json()["detail"]
    assert "/v1/toy/sum" in path.json()["detail"]


async def test_a_form_s_part_that_is_no_json_is_told_how_such_parts_are_written(toy: Toy) -> None:
    got = await toy.http.post("/v1/toy/sum", **form(part("points", b"xlsx") + b"--b--"))

    assert (got.status_code, got.json()["field"]) == (422, "points")
    assert got.json()["detail"].startswith("points is not JSON") and '["a", "b"]' in got.json()["detail"]


async def test_get_on_an_operation_is_a_405_that_names_the_method(toy: Toy) -> None:
    got = await toy.http.get("/v1/toy/sum")

    assert (got.status_code, got.json()["code"], got.headers["allow"]) == (405, "method-not-allowed", "POST")


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ("bug", 500, "internal"),
        ("nan", 500, "nan-output"),
        ("group", 500, "model-failed"),
        ("cancelled", 500, "internal"),
        ("out-of-memory", 507, "out-of-memory"),
        ("worker-crashed", 503, "worker-crashed"),
        ("no-rung", 503, "no-rung"),
        ("invalid-input", 422, "invalid-input"),
        ("deadline", 504, "deadline"),
    ],
)
async def test_a_pipelines_error_has_its_status_and_says_nothing_internal(
    toy: Toy, how: str, status: int, code: str
) -> None:
    got = await toy.http.post("/v1/toy/fail", json={"how": how})

    assert (got.status_code, got.json()["code"]) == (status, code)
    assert "secret" not in got.text
    assert got.json()["job"] == got.headers["rung-job"]


async def test_retry_after_is_there_when_the_time_is_known(toy: Toy) -> None:
    known = await toy.http.post("/v1/toy/fail", json={"how": "not-ready", "eta_s": 2.2})
    unknown = await toy.http.post("/v1/toy/fail", json={"how": "not-ready"})

    assert (known.status_code, known.headers["retry-after"]) == (503, "3")
    assert "retry-after" not in unknown.headers
