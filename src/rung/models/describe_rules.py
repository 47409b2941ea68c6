"""The last rung of `describe`: it sees no picture. What was read from the drawing, put into words by rules.

facts by name: `title.FIELD`, `dimension.N`, `frame.N`, each as it was read. It answers a schema that asks for
`information_block`, `dimensions`, `manufacturing_process` and `qc_checklist`, or for some of them, and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from rung.models.notation import Dimension, Frame, parse, parse_frame
from rung.runtime.errors import OutsideRange
from rung.runtime.model import Call
from rung.runtime.tasks import DescribeInput, DescribeOutput, check_describe

FINE_MM: Final = 0.025
"""Width of a tolerance from which a surface is ground or honed: IT7 at 30 to 50 mm is 0.025."""
SMOOTH_UM: Final = 0.8
GAUGES: Final = (
    (0.02, "an air gauge, a snap gauge or a coordinate measuring machine"),
    (0.1, "a micrometer or a bore gauge"),
    (float("inf"), "a calliper"),
)
"""Width of the tolerance up to which it is taken, in millimetres."""

Facts = Mapping[str, str]


def describe(input: DescribeInput, call: Call[DescribeInput]) -> DescribeOutput:
    """Raises OutsideRange where the schema asks for more than rules can say, or nothing was read."""
    check_describe(input)
    if not any(_of(input.facts, kind) for kind in ("title", "dimension", "frame")):
        raise OutsideRange("nothing was read from the drawing, and rules see no picture.")
    wanted = _wanted(input.schema)
    call.warn("no model looked at the drawing: the description is made by rules from what was read of it")
    told = {name: _MAKERS[name](input.facts) for name in wanted}
    text = json.dumps(told, ensure_ascii=False) if input.schema else _sentences(told)
    return DescribeOutput(text=text)


def information_block(facts: Facts) -> list[dict[str, str]]:
    """The title block's fields as they were read."""
    return [{"field": name, "value": value} for name, value in _of(facts, "title").items()]


def dimensions(facts: Facts) -> list[str]:
    """As they were read, with the limits that a fit stands for."""
    return [f"{text}{_limits(found)}" for text, found in _dimensions(facts)]


def manufacturing_process(facts: Facts) -> list[dict[str, str]]:
    """Steps that what was read calls for, each with what it follows from."""
    read = _dimensions(facts)
    steps = {
        "turning or boring": [t for t, d in read if d and d.type == "diameter" and d.count == 1],
        "drilling": [t for t, d in read if d and d.type == "diameter" and (d.count > 1 or d.through)],
        "milling or facing": [t for t, d in read if d and d.type in ("length", "square")],
        "threading": [t for t, d in read if d and d.type == "thread"],
        "chamfering": [t for t, d in read if d and d.type == "chamfer"],
        "grinding or honing": [t for t, d in read if d and _fine(d)],
        "heat treatment": [value for name, value in _of(facts, "title").items() if name == "heat_treatment"],
        "finishing": [value for name, value in _of(facts, "title").items() if name == "finish"],
    }
    return [{"process": step, "because": "it says " + ", ".join(texts[:6])} for step, texts in steps.items() if texts]


def qc_checklist(facts: Facts) -> list[str]:
    """What has to be measured, with what: every dimension with limits, thread and roughness, every frame."""
    return [*filter(None, map(_check, _dimensions(facts))), *_frame_checks(facts)]


_MAKERS: Final[Mapping[str, Callable[[Facts], list[Any]]]] = {
    "information_block": information_block,
    "dimensions": dimensions,
    "manufacturing_process": manufacturing_process,
    "qc_checklist": qc_checklist,
}


def _wanted(schema: str) -> list[str]:
    names = list(json.loads(schema).get("properties", {})) if schema else list(_MAKERS)
    unknown = [name for name in names if name not in _MAKERS]
    if unknown:
        raise OutsideRange(f"the schema asks for {', '.join(unknown)}; rules can say {', '.join(_MAKERS)} only.")
    return names


def _of(facts: Facts, kind: str) -> dict[str, str]:
    return {name.partition(".")[2]: text for name, text in facts.items() if name.startswith(f"{kind}.")}


def _dimensions(facts: Facts) -> list[tuple[str, Dimension | None]]:
    return [(text, parse(text)) for text in _of(facts, "dimension").values()]


def _width(found: Dimension) -> float | None:
    if found.upper is None or found.lower is None or found.unit != "mm":
        return None
    return found.upper - found.lower


def _fine(found: Dimension) -> bool:
    width = _width(found)
    return (found.type == "roughness" and found.nominal <= SMOOTH_UM) or (width is not None and 0 < width <= FINE_MM)


def _limits(found: Dimension | None) -> str:
    if found is None or found.upper is None or found.lower is None:
        return ""
    return f" ({found.nominal + found.lower:.6g} to {found.nominal + found.upper:.6g} {found.unit})"


def _check(read: tuple[str, Dimension | None]) -> str:
    text, found = read
    if found is None or found.reference:
        return ""
    if found.type == "thread":
        return f"{text}: a go and a no-go thread gauge"
    if found.type == "roughness":
        return f"{text}: a roughness tester"
    width = _width(found)
    gauge = "" if width is None else next(words for most, words in GAUGES if width <= most)
    return f"{text}{_limits(found)}: {gauge}" if gauge else ""


def _frame_checks(facts: Facts) -> Iterator[str]:
    for text in _of(facts, "frame").values():
        for frame in parse_frame(text):
            if isinstance(frame, Frame):
                datums = f" to {', '.join(one.letter for one in frame.datums)}" if frame.datums else ""
                yield f"{text}: {frame.characteristic}{datums}; a coordinate measuring machine or a dial gauge"


def _sentences(told: Mapping[str, list[Any]]) -> str:
    lines = []
    for name, entries in told.items():
        words = [": ".join(one.values()) if isinstance(one, dict) else str(one) for one in entries]
        lines.append(f"{name.replace('_', ' ')}: {'; '.join(words) or 'nothing was read'}.")
    return "\n".join(lines)
