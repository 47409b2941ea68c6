"""The last rung of `describe`: it sees no picture. What was read from the drawing, put into words by rules.

facts by name: `title.FIELD`, `dimension.N`, `frame.N`, each as it was read. It answers a schema that asks for
`information_block`, `dimensions`, `manufacturing_process` and `qc_checklist`, or for some of them, and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from rung.models.describe_words import Words, words_for
from rung.models.notation import Dimension, Frame, parse, parse_frame
from rung.runtime.errors import OutsideRange
from rung.runtime.model import Call
from rung.runtime.tasks import DescribeInput, DescribeOutput, check_describe

FINE_MM: Final = 0.025
"""Width of a tolerance from which a surface is ground or honed: IT7 at 30 to 50 mm is 0.025."""
SMOOTH_UM: Final = 0.8
STEPS_MM: Final = (0.02, 0.1)
"""Widths of a tolerance up to which the first and the second gauge are taken."""
LONG_MM: Final = 500.0
"""Nobody measures longer things with a hand-held calliper or a bore gauge."""
NAMED: Final = 6
"""Dimensions that a step is said to follow from; the rest are counted."""

Facts = Mapping[str, str]


def describe(input: DescribeInput, call: Call[DescribeInput]) -> DescribeOutput:
    """Raises OutsideRange where the schema asks for more than rules can say, or nothing was read."""
    check_describe(input)
    if not any(_of(input.facts, kind) for kind in ("title", "dimension", "frame")):
        raise OutsideRange("nothing was read from the drawing, and rules see no picture.")
    wanted = _wanted(input.schema)
    call.warn("no model looked at the drawing: the description is made by rules from what was read of it")
    told = {name: _MAKERS[name](input.facts) for name in wanted}
    text = json.dumps(told, ensure_ascii=False) if input.schema else _sentences(told, _words(input.facts))
    return DescribeOutput(text=text)


def information_block(facts: Facts) -> list[dict[str, str]]:
    """The title block's fields as they were read."""
    return [{"field": name, "value": value} for name, value in _of(facts, "title").items()]


def dimensions(facts: Facts) -> list[str]:
    """As they were read, with the limits that a fit stands for."""
    words = _words(facts)
    return [f"{text}{_limits(found, words)}" for text, found in _dimensions(facts)]


def manufacturing_process(facts: Facts) -> list[dict[str, str]]:
    """Steps that what was read calls for, each with what it follows from."""
    read, words = _dimensions(facts), _words(facts)
    steps = {
        "turn": [t for t, d in read if d and d.type == "diameter" and d.count == 1 and not _pitch_circle(d)],
        "drill": [t for t, d in read if d and d.type == "diameter" and (d.count > 1 or d.through or _pitch_circle(d))],
        "mill": [t for t, d in read if d and d.type in ("length", "square")],
        "thread": [t for t, d in read if d and d.type == "thread"],
        "chamfer": [t for t, d in read if d and d.type == "chamfer"],
        "grind": [t for t, d in read if d and _fine(d)],
        "heat": [value for name, value in _of(facts, "title").items() if name == "heat_treatment"],
        "finish": [value for name, value in _of(facts, "title").items() if name == "finish"],
    }
    return [
        {"process": words.steps[step], "because": words.because.format(texts=_named(texts, words))}
        for step, texts in steps.items()
        if texts
    ]


def qc_checklist(facts: Facts) -> list[str]:
    """What has to be measured, with what, each once: every dimension with limits, thread and roughness, every frame."""
    words = _words(facts)
    checks = [_check(text, found, words) for text, found in _dimensions(facts)]
    return list(dict.fromkeys([*filter(None, checks), *_frame_checks(facts, words)]))


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


def _pitch_circle(found: Dimension) -> bool:
    """Where holes stand: nobody turns it."""
    return found.parts.get("sign", "").upper() in ("PCD", "P.C.D.", "BCD", "BC")


def _words(facts: Facts) -> Words:
    return words_for(list(_of(facts, "title").values()))


def _named(texts: Sequence[str], words: Words) -> str:
    once = list(dict.fromkeys(texts))
    more = words.more.format(count=len(once) - NAMED) if len(once) > NAMED else ""
    return ", ".join(once[:NAMED]) + more


def _limits(found: Dimension | None, words: Words) -> str:
    if found is None or found.upper is None or found.lower is None:
        return ""
    least, most = found.nominal + found.lower, found.nominal + found.upper
    return words.limits.format(least=least, most=most, unit="°" if found.unit == "deg" else found.unit)


def _check(text: str, found: Dimension | None, words: Words) -> str:
    if found is None or found.reference:
        return ""
    gauge = _gauge(found, words)
    return f"{text}{_limits(found, words)}: {gauge}" if gauge else ""


def _gauge(found: Dimension, words: Words) -> str:
    """With what it is measured; empty: it has no limits of its own."""
    if found.type in ("thread", "roughness"):
        return words.thread if found.type == "thread" else words.roughness
    if found.unit == "deg":
        return "" if found.upper is None else words.angle
    width = _width(found)
    if width is None:
        return ""
    if found.nominal > LONG_MM:
        return words.machine if width <= STEPS_MM[1] else words.long_gauge
    gauges = words.bores if found.type == "diameter" else words.lengths
    return gauges[sum(width > most for most in STEPS_MM)]


def _frame_checks(facts: Facts, words: Words) -> Iterator[str]:
    for text in _of(facts, "frame").values():
        for frame in parse_frame(text):
            if isinstance(frame, Frame):
                letters = ", ".join(one.letter for one in frame.datums)
                datums = words.datums.format(letters=letters) if letters else ""
                told = words.frame.format(characteristic=words.characteristic(frame.characteristic), datums=datums)
                yield f"{text}: {told}"


def _sentences(told: Mapping[str, list[Any]], words: Words) -> str:
    lines = []
    for name, entries in told.items():
        said = [": ".join(one.values()) if isinstance(one, dict) else str(one) for one in entries]
        lines.append(f"{words.heading(name)}: {'; '.join(said) or words.nothing}.")
    return "\n".join(lines)
