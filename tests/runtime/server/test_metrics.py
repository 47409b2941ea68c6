"""The page at /metrics, read by the rules of the text exposition format 0.0.4 and by nothing of ours."""

import math
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_app import Toy

from rung.runtime.server.exposition import Family, Sample, page
from rung.runtime.server.metrics import BUCKETS, OF_A_VARIANT, OF_THE_SERVER, Metrics

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LINE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)')
UNESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


@dataclass
class Read:
    kind: str
    help: str
    samples: dict[tuple[str, tuple[tuple[str, str], ...]], float] = field(default_factory=dict)


def parsed(text: str) -> dict[str, Read]:
    """By family. Asserts every rule that a scraper relies on."""
    assert text.endswith("\n"), "the last line ends with a line feed"
    found: dict[str, Read] = {}
    helps: dict[str, str] = {}
    current = ""
    for line in text[:-1].split("\n"):
        assert line, "no empty line"
        if line.startswith("# HELP "):
            _, _, name, said = line.split(" ", 3)
            assert name not in helps, f"{name} has two HELP lines"
            helps[name] = said
        elif line.startswith("# TYPE "):
            _, _, current, kind = line.split(" ")
            assert current not in found, f"{current} is declared twice, or not in one piece"
            assert kind in ("counter", "gauge", "histogram")
            assert kind != "counter" or current.endswith("_total"), f"the counter {current} ends in _total"
            found[current] = Read(kind, helps[current])
        else:
            _sample(line, current, found[current])
    for name, family in found.items():
        assert family.samples, f"{name} has no samples"
        if family.kind == "histogram":
            _histogram(name, family)
    return found


def _sample(line: str, current: str, family: Read) -> None:
    match = LINE.fullmatch(line)
    assert match, f"{line!r} is no sample"
    suffixes = ("_bucket", "_sum", "_count") if family.kind == "histogram" else ("",)
    assert match[1] in {current + suffix for suffix in suffixes}, f"{match[1]} stands under {current}"
    labels, at = [], 0
    while at < len(match[2] or ""):
        label = LABEL.match(match[2], at)
        assert label, f"{match[2]!r}: no label at {at}"
        labels.append((label[1], re.sub(r"\\.", lambda one: UNESCAPED[one[0]], label[2])))
        at = label.end()
    assert len({name for name, _ in labels}) == len(labels), f"{line!r} has a label twice"
    key = (match[1], tuple(sorted(labels)))
    assert key not in family.samples, f"{line!r} is there twice"
    family.samples[key] = value = float(match[3])
    assert not math.isnan(value) and (family.kind == "gauge" or value >= 0)


def _histogram(name: str, family: Read) -> None:
    series: dict[tuple[tuple[str, str], ...], list[tuple[float, float]]] = {}
    for (sample, labels), value in family.samples.items():
        if sample == f"{name}_bucket":
            bound = float(dict(labels)["le"])
            series.setdefault(tuple(pair for pair in labels if pair[0] != "le"), []).append((bound, value))
    for labels, buckets in series.items():
        counts = [count for _, count in sorted(buckets)]
        assert counts == sorted(counts) and sorted(buckets)[-1][0] == math.inf, f"{name}{labels}: buckets"
        assert family.samples[f"{name}_count", labels] == counts[-1]
        assert (f"{name}_sum", labels) in family.samples


def value(text: str, name: str, **labels: str) -> float:
    """Of one sample."""
    samples = {key: number for family in parsed(text).values() for key, number in family.samples.items()}
    return samples[name, tuple(sorted(labels.items()))]


ROW = {
    "variant": "migan", "task": "inpaint", "device": "cpu", "state": "ready", "running": 1, "queued": 2,
    "pinned": True, "quarantined": False, "pid": 4711, "bytes": 123456789, "reserved": 200_000_000, "load_s": 0.25,
    "calls": 17, "restarts": 1, "crashes": 1, "ooms": 0, "quarantines": 0,
}  # fmt: skip
STATUS: dict[str, Any] = {
    "variants": [ROW, {**ROW, "variant": "telea", "state": "unloaded", "bytes": None, "load_s": None, "pid": None}],
    "jobs_ended": {"editor.remove": {"succeeded": 5, "failed": 1}},
    "queue": 3, "open_jobs": 4, "connections": 12, "disk_free_bytes": 5_000_000_000, "requeued": 1,
    "refused": {"key": 2, "rate": 7}, "callbacks": {"delivered": 9, "failed": 2, "given_up": 1},
    "callbacks_waiting": 0,
}  # fmt: skip


def test_every_figure_of_a_full_status_is_on_the_page_and_the_page_is_well_formed() -> None:
    metrics = Metrics()
    for seconds in (0.001, 0.005, 0.3, 1000.0):
        metrics.observe("editor.remove", 200, seconds)

    text = metrics.text({"queued": 3, "running": 1, "succeeded": 5}, STATUS)

    found = parsed(text)
    assert {one.name for one in (*OF_A_VARIANT, *OF_THE_SERVER)} <= found.keys()
    assert value(text, "rung_jobs_ended_total", operation="editor.remove", status="failed") == 1
    migan = {"variant": "migan", "task": "inpaint", "device": "cpu"}
    assert value(text, "rung_variant_memory_bytes", **migan) == 123456789
    assert value(text, "rung_variant_state", **migan, state="ready") == 1
    assert value(text, "rung_variant_state", **migan, state="loading") == 0
    assert value(text, "rung_requests_refused_total", reason="rate") == 7
    assert value(text, "rung_disk_free_bytes") == 5e9
    assert value(text, "rung_request_seconds_bucket", operation="editor.remove", le="0.005") == 2
    assert value(text, "rung_request_seconds_count", operation="editor.remove") == 4


def test_no_process_number_no_id_and_nothing_unknown_is_shown() -> None:
    strange = {"jobs": {"0192f1c2": 1}, "secret": 5, "refused": {"evil\n": 1}, "callbacks": {"http://x/": 3}}
    row = {**ROW, "job": "0192f1c2-aaaa", "note": "private", "owner": 3}

    text = Metrics().text({}, {**strange, "variants": [row]})

    assert "4711" not in text and "pid" not in text
    assert not any(word in text for word in ("0192f1c2", "secret", "evil", "http:", "private", "owner"))


def test_the_labels_of_a_variant_are_the_same_whatever_state_it_is_in() -> None:
    """A label that changes makes a new series each time, and none of them ends."""
    before = parsed(Metrics().text({}, {"variants": [{**ROW, "state": "loading"}]}))
    after = parsed(Metrics().text({}, {"variants": [ROW]}))

    assert [list(read.samples) for read in before.values()] == [list(read.samples) for read in after.values()]


@pytest.mark.parametrize("status", [{}, {"variants": []}, {"variants": [{}]}, {"variants": ["x"], "callbacks": 3}])
def test_what_the_status_does_not_say_has_no_line(status: dict[str, Any]) -> None:
    found = parsed(Metrics().text({}, status))

    assert found.keys() <= {"rung_build_info", "rung_variant_state"}


def test_a_number_that_is_none_has_no_line() -> None:
    text = Metrics().text({}, {"disk_free_bytes": float("nan"), "connections": float("inf"), "queue": "3"})

    assert parsed(text).keys() == {"rung_build_info"}


@settings(max_examples=200, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.floats(allow_nan=False, min_value=0) | st.integers(0, 2**70),
)
def test_any_label_and_any_number_come_back_as_they_were(label: str, number: float) -> None:
    text = page([Family("rung_x", "gauge", f"Help {label}".strip(), [Sample(number, {"operation": label})])])

    assert value(text, "rung_x", operation=label) == float(number)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(0, 100)))
def test_a_histogram_counts_each_request_in_every_bucket_that_holds_it(seconds: list[float]) -> None:
    metrics = Metrics()
    for one in seconds:
        metrics.observe("toy.sum", 200, one)

    text = metrics.text({}, {})

    for bound in BUCKETS if seconds else ():
        le = "+Inf" if bound == math.inf else repr(int(bound) if bound == int(bound) else bound)
        counted = value(text, "rung_request_seconds_bucket", operation="toy.sum", le=le)
        assert counted == sum(one <= bound for one in seconds)


async def test_the_served_page_is_well_formed_and_counts_what_was_asked(toy: Toy) -> None:
    await toy.http.post("/v1/toy/sum", json={"points": []})
    await toy.http.post("/v1/toy/sum", content="{", headers={"content-type": "application/json"})
    await toy.http.post("/v1/toy/made-up-name", json={})

    got = await toy.http.get("/metrics")

    assert got.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert value(got.text, "rung_requests_total", operation="toy.sum", status="400") == 1
    assert value(got.text, "rung_jobs", status="succeeded") == 1
    assert "made-up-name" not in got.text
