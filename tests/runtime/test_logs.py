import io
import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from rung.runtime.logs import JsonLines, Redactor, TextLines, event, serving
from rung.runtime.logs.events import FIELDS

SECRET = "Zq7RxV2mKp9LtY4wBn8c"
"""Twenty letters: what stands in the place of any secret here."""


class Written:
    """A logger of its own, and what a handler of ours made of it."""

    def __init__(self, form: type[TextLines | JsonLines], known: tuple[str, ...] = ()) -> None:
        self.stream = io.StringIO()
        self.log = logging.Logger("rung.test", logging.DEBUG)
        handler = logging.StreamHandler(self.stream)
        handler.setFormatter(form(Redactor(known)))
        self.log.addHandler(handler)

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def text() -> Written:
    return Written(TextLines)


@pytest.fixture
def lines() -> Written:
    return Written(JsonLines)


HIDDEN = [
    f"sk-{SECRET}",
    f"sk-proj-{SECRET}",
    f"hf_{SECRET}",
    f"Bearer {SECRET}",
    f"bearer  {SECRET}",
    f"rung_7f3a9c_{SECRET}",
    f"whsec_{SECRET}",
    f"postgresql://rung:{SECRET}@db.example:5432/rung",
    f"postgresql://rung:p/{SECRET}@x@db.example/rung",
    f"https://{SECRET}@example.org/a.png",
    f"host=db user=rung password={SECRET} dbname=rung",
    f"password = '{SECRET}'",
    f"{{'api_key': '{SECRET}'}}",
    f'{{"token": "{SECRET}", "a": 1}}',
    f"OPENAI_API_KEY={SECRET}",
    f"Authorization: Basic {SECRET}=",
    f"(b'authorization', b'{SECRET}')",
    f"Authorization: Digest {SECRET}, realm=x",
    f"Cookie: rung={SECRET}; other=1",
    f"Set-Cookie: a={SECRET}",
    f"x-api-key: {SECRET}",
    f"data:image/png;base64,iVBORw0KGgo{SECRET}",
    "A" * 80 + SECRET + "B" * 20,
]


@pytest.mark.parametrize("form", [TextLines, JsonLines])
@pytest.mark.parametrize("said", HIDDEN)
def test_no_secret_leaves_in_a_message_an_argument_a_field_or_a_traceback(
    form: type[TextLines | JsonLines], said: str
) -> None:
    written = Written(form)

    written.log.info(said)
    written.log.info("connecting to %s now", said)
    written.log.info("%r", {"headers": [said]})
    event(written.log, "failed", reason=said)
    try:
        try:
            raise ValueError(said)
        except ValueError as error:
            raise RuntimeError("outer") from error
    except RuntimeError as error:
        event(written.log, "failed", error=error)

    assert SECRET not in written.text
    assert "RuntimeError: outer" in written.text and "ValueError" in written.text


@pytest.mark.parametrize(
    "said",
    [
        "POST /v1/editor/remove answered",
        "sha256 " + "9f" * 32,
        "/usr/local/lib/python3/dist-packages/some_package/another_package/module_with_a_long_name/and/more/of/it/still",
        "no basic trust, no tokens left, cookies are off",
        "http://127.0.0.1:8000 serves 3 apps",
        "the ask-me-anything desk",
    ],
)
def test_what_is_no_secret_is_left_as_it_is(said: str) -> None:
    assert Redactor()(said) == said


def test_what_is_left_tells_what_stood_there() -> None:
    redact = Redactor()

    assert redact(f"postgresql://rung:{SECRET}@db/x") == "postgresql://[redacted]@db/x"
    assert redact(f"key rung_7f3a9c_{SECRET} used") == "key rung_7f3a9c_[redacted] used"
    assert redact("data:image/png;base64," + "A" * 4000) == "data:image/png;base64,[4022 characters]"


def test_a_line_that_was_searched_before_stays_as_it_is() -> None:
    once = Redactor()(f"data:image/png;base64,{'A' * 4000} and Bearer {SECRET}")

    assert Redactor()(once) == once


def test_the_example_in_our_own_sentence_stays_whole() -> None:
    said = "must be a file: multipart, {'data': 'data:...;base64,...'} or {'file': '<id>'}"

    assert Redactor()(said) == said
    assert SECRET not in Redactor()(f"data:;base64,...{SECRET}")


def test_a_secret_without_a_shape_is_found_by_its_value() -> None:
    written = Written(TextLines, (SECRET, "p@ss/word", "abc"))

    written.log.info("connection failed for %s", SECRET)
    event(written.log, "failed", reason=SECRET)

    written.log.info("p%40ss%2Fword, or p@ss/word")
    assert SECRET not in written.text and "ss" not in written.text.rpartition("test:")[2]
    assert Redactor(("postgresql://rung:p%40ss-word@db/x",))("no login with p@ss-word") == "no login with [redacted]"
    assert Redactor(("abc",))("abcdef") == "abcdef", "a word is no secret"


def test_every_text_of_a_json_value_is_searched() -> None:
    said = {f"sk-{SECRET}": [1, None, (f"Bearer {SECRET}", True)], "detail": {"field": f"no field 'sk-{SECRET}'"}}

    left = Redactor().inside(said)

    assert SECRET not in json.dumps(left)
    assert left["detail"] == {"field": "no field 'sk-[redacted]'"}
    assert left["sk-[redacted]"][:2] == [1, None]


def test_a_field_that_is_not_on_the_list_is_left_out_and_said_once_at_debug(lines: Written) -> None:
    records: list[logging.LogRecord] = []
    lines.log.addFilter(lambda record: records.append(record) or True)  # type: ignore[func-returns-value]
    event(lines.log, "job ended", job="j1", prompt="a private vase")  # type: ignore[call-arg]

    said, ended = lines.lines
    assert (said["level"], said["message"]) == ("debug", "fields that no line has were left out: prompt")
    assert (ended["message"], ended["job"]) == ("job ended", "j1")
    assert "vase" not in lines.text + str([vars(record) for record in records]), "nor may another handler see it"


def test_no_list_of_fields_names_what_a_user_writes() -> None:
    assert not FIELDS & {"prompt", "body", "url", "path", "headers", "input", "output", "query", "filename", "secret"}


def test_a_line_of_a_request_carries_its_id_and_no_line_outside_does(lines: Written) -> None:
    with serving("req-00001"):
        event(lines.log, "inside", job="j")
        lines.log.info("inside too")
    event(lines.log, "outside")

    assert [line.get("request") for line in lines.lines] == ["req-00001", "req-00001", None]


def test_nothing_said_can_begin_a_line_of_its_own(text: Written, lines: Written) -> None:
    forged = "x\n2026-01-01T00:00:00.000Z INFO rung: all is well\r\x1b[2J\u2028end"
    for written in (text, lines):
        written.log.info("%s", forged)
        event(written.log, "failed", reason=forged)
        try:
            raise ValueError(forged)
        except ValueError as error:
            event(written.log, "failed", error=error)

    assert len(lines.lines) == 3
    assert not any(line.startswith("2026-01-01") for line in text.text.split("\n"))
    assert "\x1b" not in text.text + lines.text and "\r" not in text.text + lines.text


def test_a_line_of_text_reads_like_one(text: Written) -> None:
    event(text.log, "job ended", job="j1", status="succeeded", seconds=1.23456789, code="", reason="two words")

    stamp, rest = text.text.split(" ", 1)
    assert len(stamp) == len("2026-01-31T12:00:00.123Z") and stamp.endswith("Z")
    assert rest == 'INFO rung.test: job ended (job=j1 status=succeeded seconds=1.23457 reason="two words")\n'


def test_a_number_that_json_does_not_know_is_still_a_line(lines: Written) -> None:
    event(lines.log, "timed", seconds=float("nan"))

    assert lines.lines[0]["seconds"] == "nan"


def test_a_foreign_loggers_bad_arguments_are_no_failure(lines: Written) -> None:
    lines.log.info("%d of %d", "x")
    lines.log.info("odd", extra={"fields": "none"})

    assert [line["message"] for line in lines.lines] == ["%d of %d", "odd"]


@pytest.mark.parametrize("piece", ["sk-", "://", "data:", "token", "a.b-c_", "Cookie", "=", "A", "/", "' "])
def test_a_hostile_line_costs_no_more_than_a_long_one(piece: str, lines: Written) -> None:
    said = (piece * 40_000)[:200_000]

    spent = []
    while not spent or (min(spent) > 0.05 and len(spent) < 5):  # a pause of the collector or of the machine is no cost
        begun = time.process_time()
        lines.log.info(said)
        spent.append(time.process_time() - begun)

    assert min(spent) <= 0.05
    assert len(lines.text) < 20_000 * len(spent)


PROGRAM = """
import logging, sys, threading, warnings
from rung.runtime.logs import configure, event
configure(format="json", level="debug", secrets=["{secret}"])
configure(format="json", level="debug", secrets=["{secret}"])
logging.getLogger("rung.x").debug("one line")
logging.getLogger("httpx").info("GET http://x/?prompt=private")
warnings.warn("careful with {secret}")
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
raise RuntimeError("connecting with {secret}")
"""


@pytest.fixture(scope="module")
def program() -> Iterator[subprocess.CompletedProcess[str]]:
    command = [sys.executable, "-c", PROGRAM.replace("{secret}", SECRET)]
    yield subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_a_process_writes_everything_to_one_place_in_one_form(program: subprocess.CompletedProcess[str]) -> None:
    said = [json.loads(line) for line in program.stderr.splitlines()]

    assert [line["message"] for line in said if line["logger"] == "rung.x"] == ["one line"]
    assert [line["level"] for line in said if line["logger"] == "rung"] == ["critical", "critical"]
    assert any(line["logger"] == "py.warnings" for line in said)
    assert "httpx" not in {line["logger"] for line in said}


def test_an_error_that_nothing_caught_tells_no_secret(program: subprocess.CompletedProcess[str]) -> None:
    assert program.returncode == 1
    assert SECRET not in program.stderr
    assert "ZeroDivisionError" in program.stderr and "RuntimeError" in program.stderr


def test_a_line_costs_little() -> None:
    written = Written(TextLines)
    figures: list[float] = []
    for _ in range(5):
        begun = time.process_time()
        for _ in range(400):
            event(
                written.log, "answered", method="POST", route="/v1/editor/remove", status=200, seconds=0.0123, bytes=9
            )
        figures.append((time.process_time() - begun) / 400)

    print(f"{min(figures) * 1e6:.1f} us a line")
    assert min(figures) < 100e-6


@pytest.mark.parametrize("hidden", HIDDEN)
def test_a_line_with_something_to_hide_is_never_taken_for_a_clean_one(hidden: str) -> None:
    redact = Redactor()

    assert not redact.clean(["POST", hidden, "/v1/jobs"])
    assert redact.clean(["POST", "/v2/models/{model}/infer", "01a2295d-8974-7608-9c4b-bc1ee29f2778"])


def test_a_known_secret_makes_a_line_unclean_wherever_it_stands() -> None:
    assert not Redactor([SECRET]).clean(["POST", f"x{SECRET}y"])
    assert Redactor([SECRET]).clean([SECRET[:10], SECRET[10:]])


def test_a_field_is_redacted_beside_clean_ones(lines: Written) -> None:
    event(lines.log, "answered", method="POST", reason=f"Bearer {SECRET}")

    assert SECRET not in lines.text and lines.lines[0]["method"] == "POST"


def test_every_line_has_its_own_time(lines: Written) -> None:
    for created, msecs in ((0.25, 250), (0.5, 500), (86_400.0, 0), (0.75, 750)):
        record = lines.log.makeRecord("x", logging.INFO, "", 0, "said", (), None)
        record.created, record.msecs = created, msecs
        lines.log.handle(record)

    assert [line["time"][8:] for line in lines.lines] == [
        "01T00:00:00.250Z", "01T00:00:00.500Z", "02T00:00:00.000Z", "01T00:00:00.750Z",
    ]  # fmt: skip
