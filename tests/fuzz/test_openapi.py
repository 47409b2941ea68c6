"""Requests made from the served description, those that it allows and those that it does not."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
import schemathesis
from fuzz_apps import APPS, serving
from fuzz_budget import Budget
from fuzz_drawings import dxf, pdf, scan
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from PIL import Image
from schemathesis import APIOperation, BaseSchema, Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

pytestmark = pytest.mark.fuzz

CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

PROMISED = {
    "deadline-unreachable": 503,  # a request may ask for 5e-324 seconds
    "deadline": 504,
    "nan-output": 500,  # and the toy's sum of what it is given may be beyond a double
}
"""What a described request may get of 5xx: a code, and nothing unexpected."""


def picture(size: tuple[int, int], format: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (90, 160, 220)).save(out, format)
    return out.getvalue()


WHOLE = [picture(size, format) for size in ((1, 1), (7, 5), (64, 48)) for format in ("PNG", "JPEG", "WEBP")]


def bent(data: bytes, at: int, byte: int, cut: int) -> bytes:
    """The file with one byte changed, and its end gone."""
    at %= len(data)
    return (data[:at] + bytes([byte]) + data[at + 1 :])[: len(data) - cut % len(data)]


def files(whole: list[bytes]) -> st.SearchStrategy[bytes]:
    """Most of them whole, some of them bent, some that are none."""
    places, bytes_, cuts = st.integers(0, 3000), st.integers(0, 255), st.sampled_from([0, 0, 1, 40])
    return st.one_of(
        st.sampled_from(whole),
        st.sampled_from(whole),
        st.builds(bent, st.sampled_from(whole), places, bytes_, cuts),
        st.binary(max_size=200),
    )


FILES = files(WHOLE)
DOCUMENTS = [
    picture((1, 1), "PNG"),
    scan((64, 48), "PNG"),
    scan((400, 300), "TIFF"),
    scan((400, 300), "JPEG"),
    dxf(),
    pdf(),
]
"""What Drawings takes; a page of one pixel is one, too."""


@dataclass
class Campaign:
    """Sends what is made up; faults: what was wrong, one for each operation and kind, with the way to repeat it."""

    session: requests.Session
    url: str
    faults: dict[tuple[str, str], str] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    made: dict[str, str] = field(default_factory=dict)
    """The last job and the last file, so that half of what names one names one that is there."""

    @property
    def sent(self) -> int:
        return self.statuses.total()

    def run(self, operation: APIOperation, mode: GenerationMode, examples: int, number: int) -> bool:
        """That many requests to one operation. False: it has nothing to vary, and was asked once."""

        @seed(number)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(mode))
        def send(case: Case) -> None:
            self.send(case)

        before = self.sent
        try:
            send()
        except ValueError as error:  # schemathesis shows a file that it made to a validator that knows only JSON
            if str(error) != "Unsupported type: 'Binary'":
                raise
        return self.sent - before > 1

    def send(self, case: Case) -> None:
        if self.sent % 2:
            self.name_what_is_there(case)
        response = case.call(base_url=self.url, session=self.session, timeout=30)
        self.statuses[response.status_code // 100] += 1
        self.made |= {"job": response.headers["Rung-Job"]} if "Rung-Job" in response.headers else {}
        self.made |= {"file": response.json()["file"]} if response.status_code == 201 else {}
        if case.operation.label.endswith("/drawings/analyze") and response.status_code == 200:
            self.made["drawing"] = response.json()["output"]["drawing"]
        try:
            fault = response.status_code >= 500 and not _promised(response)
            case.validate_response(response, checks=[not_a_server_error, *CHECKS] if fault else CHECKS)
        except FailureGroup as group:
            for failure in group.exceptions:
                kind = (case.operation.label, type(failure).__name__)
                self.faults.setdefault(kind, f"{failure}\n{response.text[:600]}\n{case.as_curl_command()[:1500]}")

    def name_what_is_there(self, case: Case) -> None:
        """A file and a job in the path, and in JSON a file and a drawing, are those that were made last."""
        case.path_parameters.update({name: self.made[name] for name in case.path_parameters if name in self.made})
        if isinstance(case.body, dict) and case.media_type == "application/json":
            there = {"file": {"file": self.made["file"]}} if "file" in self.made else {}
            there |= {"drawing": self.made["drawing"]} if "drawing" in self.made else {}
            case.body.update({name: value for name, value in there.items() if name in case.body})


def _promised(response: Response) -> bool:
    return PROMISED.get(str(response.json().get("code"))) == response.status_code


def _ways(schema: BaseSchema) -> Iterator[tuple[APIOperation, GenerationMode]]:
    """What is allowed, of every operation; what is not, where there is a body. A path takes any text."""
    for operation in (found.ok() for found in schema.get_all_operations()):
        yield operation, GenerationMode.POSITIVE
        if operation.body:
            yield operation, GenerationMode.NEGATIVE


@pytest.mark.parametrize("name", APPS)
def test_no_request_brings_a_fault_of_ours_or_an_answer_that_is_not_described(
    name: str, tmp_path: Path, budget: Budget
) -> None:
    schemathesis.openapi.format("binary", files(DOCUMENTS) if name == "drawings" else FILES)
    wanted = budget.share({"toy": 0.2, "editor": 0.15, "furniture": 0.15, "drawings": 0.2}[name])
    with serving(name, tmp_path) as url, requests.Session() as session:
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
        campaign, turn, left = Campaign(session, url), 0, list(_ways(schema))
        while campaign.sent < wanted and left:
            each, turn = max((wanted - campaign.sent) // len(left), 2), turn + 1
            left = [way for way in left if campaign.run(*way, each, budget.seed + turn)]
        last = session.get(f"{url}/healthz", timeout=20)

    budget.spent[f"requests to the {name} app, {campaign.statuses[2]} of them answered 2xx"] += campaign.sent
    assert campaign.faults == {}, "\n\n".join(campaign.faults.values())
    assert (last.status_code, campaign.sent >= wanted) == (200, True)
    assert campaign.statuses[2] > wanted // 40, "too few came through to say anything"
