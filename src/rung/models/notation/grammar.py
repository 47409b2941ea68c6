"""What dimensions look like: each form as a row of named parts. Parsing, the canonical text and the automaton all
follow from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from rung.models.notation.automaton import (
    Automaton,
    Node,
    chain,
    compiled,
    either,
    group,
    maybe,
    one,
    pattern,
    times,
    word,
    words,
)
from rung.models.notation.symbols import ARC, BY, COUNTERBORE, COUNTERSINK, DEPTH, DIAMETER, SLOPE, SQUARE, TAPER

DimensionType = Literal[
    "length",
    "diameter",
    "radius",
    "angle",
    "thread",
    "chamfer",
    "roughness",
    "size",
    "square",
    "thickness",
    "arc",
    "depth",
    "counterbore",
    "countersink",
    "taper",
]
DIGITS = "0123456789"
_digit = one(DIGITS)
_whole = times(_digit, 1, 5)
DECIMAL = chain(times(_digit, 0, 5), one("."), times(_digit, 1, 4))
NUMBER = either(_whole, DECIMAL)
_ZERO = either(one("0"), chain(maybe(one("0")), one("."), times(one("0"), 1, 4)))
FRACTION = chain(times(_digit, 1, 2), one("/"), times(_digit, 1, 2))
COUNT = chain(one("123456789"), maybe(_digit))

_lower_letters = ("a", "b", "c", "cd", "d", "e", "ef", "f", "fg", "g", "h", "js", "j", "k", "m", "n", "p", "r", "s")
_letters = (*_lower_letters, "t", "u", "v", "y", "z", "za", "zb", "zc")
# Not x: next to a number it is the sign for "by". An x fit has to be given as figures.
_grade = either(one("123456789"), chain(one("1"), one("012345678")), word("01"))
HOLE = chain(words(*(letter.upper() for letter in _letters)), _grade)
SHAFT = chain(words(*_letters), _grade)
_fit = either(chain(HOLE, one("/"), SHAFT), HOLE, SHAFT)


def _deviations(unit: Node) -> Node:
    signed, more = chain(one("+-"), NUMBER, unit), chain(NUMBER, unit)
    lower = either(signed, chain(_ZERO, unit))
    pair = chain(signed, either(chain(one("/"), lower), signed))
    # One deviation alone begins with a zero or a point: 10-20 is no dimension.
    small = chain(maybe(one("0")), one("."), times(_digit, 1, 4), unit)
    return either(chain(one("±"), more), pair, chain(one("+-"), small))


_length_deviations = _deviations(chain())
_angle_unit = maybe(one("°'"))
_bracketed = chain(one("("), _length_deviations, one(")"))
# Behind a fit the limits stand in brackets; drawn one above the other they often do without.
TAIL = either(_length_deviations, chain(_fit, maybe(either(_bracketed, _length_deviations))))
ANGLE = either(
    chain(NUMBER, one("°")),
    chain(_whole, one("°"), NUMBER, one("'"), maybe(chain(NUMBER, one('"')))),
    chain(NUMBER, one("'")),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One named stretch of a form. tidy: makes its text canonical; `absent` is "" where the stretch is not there."""

    name: str
    node: Node
    tidy: Callable[[str], str] = str


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a dimension. counted: it may follow a count, as in 4×⌀10."""

    name: str
    type: DimensionType
    parts: tuple[Part, ...]
    counted: bool = True
    wrap: Literal["", "reference", "basic"] = ""
    regex: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "regex", re.compile(pattern(self.node)))

    @property
    def node(self) -> Node:
        """The whole form."""
        return chain(*(group(part.name, part.node) for part in self.parts))

    def taken(self, text: str) -> dict[str, str] | None:
        """The text of each part, tidied; None where the text is not of this form."""
        found = self.regex.fullmatch(text)
        return {part.name: part.tidy(found[part.name]) for part in self.parts} if found else None

    def joined(self, parts: Mapping[str, str]) -> str:
        """The text made of these parts."""
        return "".join(parts[part.name] for part in self.parts)


_ZERO_TEXT = re.compile(pattern(_ZERO))
_DEVIATION = re.compile(r"([+-])?([\d.]+)([°'\"]?)")


def tidy_deviations(text: str) -> str:
    """Upper above lower, those behind a fit in brackets; a zero above with its plus, a zero below without a sign."""
    fit, written = split_tail(text)
    if fit and written:
        return f"{fit}({_ordered(written)})"
    return fit or _ordered(written)


def split_tail(text: str) -> tuple[str, str]:
    """The fit and the deviations of a tail, without brackets."""
    found = re.search(r"[±+-]", text)
    return (text[: found.start()].rstrip("("), text[found.start() :].rstrip(")")) if found else (text, "")


def _ordered(text: str) -> str:
    found = [(sign or "", figure, unit) for sign, figure, unit in _DEVIATION.findall(text)]
    if text.startswith("±") or len(found) < 2:
        return text
    upper, lower = sorted(found, key=lambda one: float(one[0] + one[1]), reverse=True)
    above = f"{upper[0] if float(upper[1]) else '+'}{upper[1]}{upper[2]}"
    below = f"{'' if _ZERO_TEXT.fullmatch(lower[1]) else lower[0]}{lower[1]}{lower[2]}"
    return f"{above}/{below}"


def _put(text: str) -> Callable[[str], str]:
    return lambda written: text if written else ""


def _nominal(name: str = "nominal") -> Part:
    return Part(name, NUMBER)


_inch = Part("inch", maybe(one('"')))
_tail = Part("tail", maybe(TAIL), tidy_deviations)
_note = Part("note", maybe(words("MAX", "MIN", "TYP", "REF", "mm")))
_drill = Part("drill", maybe(either(word("THRU"), chain(one(DEPTH), NUMBER))))
_count = Part("count", maybe(chain(COUNT, one("×-"))), lambda text: text.replace("-", BY))
_open_count = Part("count", maybe(chain(COUNT, one(BY))))


def _sign(*signs: str) -> Part:
    return Part("sign", words(*signs))


def _mark(name: str, sign: str) -> Part:
    return Part(name, word(sign))


_thread_class = Part(
    "class", maybe(chain(one("-"), _digit, one("gGhHeEf"), maybe(chain(maybe(one("/")), _digit, one("gGhHeEf")))))
)
_hand = Part("hand", maybe(word("LH")))
_BODIES = (
    Form("length", "length", (_nominal(), _inch, _tail, _note)),
    Form("fraction", "length", (Part("fraction", FRACTION), _mark("inch", '"'))),
    Form(
        "diameter",
        "diameter",
        (_sign(DIAMETER, f"S{DIAMETER}", "PCD", f"PCD{DIAMETER}"), _nominal(), _inch, _tail, _note, _drill),
    ),
    Form("radius", "radius", (_sign("R", "SR"), _nominal(), _inch, _tail, _note)),
    Form("square", "square", (_sign(SQUARE), _nominal(), _tail)),
    Form("thickness", "thickness", (Part("sign", words("t", "t="), _put("t")), _nominal(), _tail)),
    Form("arc", "arc", (_sign(ARC), _nominal(), _tail)),
    Form("chamfer", "chamfer", (_sign("C"), _nominal(), _tail, _note)),
    Form("chamfer-angle", "chamfer", (_nominal(), _inch, _mark("by", BY), Part("angle", chain(NUMBER, one("°"))))),
    Form(
        "angle", "angle", (Part("angle", ANGLE), Part("tail", maybe(_deviations(_angle_unit)), tidy_deviations), _note)
    ),
    Form(
        "thread",
        "thread",
        (_sign("M"), _nominal(), Part("pitch", maybe(chain(one(BY), NUMBER))), _thread_class, _hand, _drill),
    ),
    Form(
        "thread-trapezoid",
        "thread",
        (_sign("Tr"), _nominal(), Part("pitch", chain(one(BY), NUMBER)), _thread_class, _hand),
    ),
    Form(
        "thread-pipe",
        "thread",
        (
            _sign("G", "Rc", "Rp", "PT", "PF", "PS", "NPT"),
            Part("fraction", either(FRACTION, _digit)),
            Part("class", maybe(one("AB"))),
        ),
    ),
    Form("thread-taper", "thread", (_sign("R"), Part("fraction", FRACTION))),
    Form(
        "thread-npt",
        "thread",
        (
            Part("fraction", FRACTION),
            Part("pitch", maybe(chain(one("-"), times(_digit, 1, 2)))),
            Part("sign", word("NPT")),
        ),
    ),
    Form(
        "thread-inch",
        "thread",
        (
            Part("fraction", either(FRACTION, chain(one("#"), times(_digit, 1, 2)), DECIMAL)),
            Part("pitch", chain(one("-"), times(_digit, 1, 2))),
            Part("sign", words("UNC", "UNF", "UNEF", "UN")),
            Part("class", maybe(chain(one("-"), one("123"), one("AB")))),
        ),
    ),
    Form("limits", "length", (Part("first", DECIMAL), _mark("slash", "/"), Part("second", DECIMAL))),
    Form(
        "limits-diameter",
        "diameter",
        (_sign(DIAMETER), Part("first", DECIMAL), _mark("slash", "/"), Part("second", DECIMAL)),
    ),
    Form("depth", "depth", (_sign(DEPTH), _nominal(), _tail)),
    Form("counterbore", "counterbore", (_sign(f"{COUNTERBORE}{DIAMETER}"), _nominal(), _tail, _drill)),
    Form(
        "countersink",
        "countersink",
        (_sign(f"{COUNTERSINK}{DIAMETER}"), _nominal(), _tail, Part("angle", maybe(chain(one(BY), NUMBER, one("°"))))),
    ),
    Form(
        "size",
        "size",
        (_nominal(), _mark("by", BY), Part("second", NUMBER), Part("third", maybe(chain(one(BY), NUMBER)))),
        counted=False,
    ),
    Form(
        "size-round",
        "size",
        (
            _sign(DIAMETER),
            _nominal(),
            _mark("by", BY),
            Part("second", chain(maybe(one(DIAMETER)), NUMBER)),
            Part("third", maybe(chain(one(BY), NUMBER))),
        ),
    ),
)
_PLAIN_ONLY = (
    Form(
        "spaced",
        "length",
        (
            Part("count", chain(COUNT, one(BY))),
            Part("nominal", either(NUMBER, chain(NUMBER, one("°")))),
            Part(
                "total",
                either(chain(one("="), NUMBER, maybe(one("°"))), chain(word("(="), NUMBER, maybe(one("°")), one(")"))),
                lambda text: text.replace("(", "").replace(")", ""),
            ),
        ),
        counted=False,
    ),
    Form("roughness", "roughness", (_sign("Ra", "Rz", "Rt", "Rq", "Ry", "Rmax"), _nominal()), counted=False),
    Form(
        "taper",
        "taper",
        (Part("sign", maybe(one(TAPER + SLOPE))), _nominal(), _mark("to", ":"), Part("second", NUMBER)),
        counted=False,
    ),
)


def _wrapped(form: Form) -> tuple[Form, ...]:
    """The form by itself, in round brackets (for reference) and in a box (basic)."""
    # 4-M8 is four threads, 25-20 is nothing: a dash after a count is only for what begins with a sign.
    count = _count if form.parts[0].name == "sign" and form.parts[0].tidy is str else _open_count
    before, inside = ((count,), (_open_count,)) if form.counted else ((), ())
    opened, closed = (_mark("open", "("), *inside), (_mark("close", ")"),)
    return (
        Form(form.name, form.type, (*before, *form.parts)),
        Form(form.name, form.type, (*opened, *form.parts, *closed), wrap="reference"),
        Form(form.name, form.type, (*before, _mark("open", "["), *form.parts, _mark("close", "]")), wrap="basic"),
    )


@cache
def forms() -> tuple[Form, ...]:
    """Every form, the one that is meant first where a text is of several."""
    return (*(one for body in _BODIES for one in _wrapped(body)), *_PLAIN_ONLY)


@cache
def dimension_automaton() -> Automaton:
    """What may follow what in a dimension, cleaned or as it is drawn."""
    return compiled([form.node for form in forms()])


@cache
def deviation_automaton() -> Automaton:
    """What may follow what in one row of stacked deviations: a deviation with or without its sign, or what stands
    beside a nominal size (±0.1, H7)."""
    return compiled(list(_rows()))


@cache
def limit_automaton() -> Automaton:
    """The same of a stack with nothing before it: its rows may be two limits, one of them with the sign of both."""
    return compiled([*_rows(), chain(either(word(f"S{DIAMETER}"), word("SR"), one(f"{DIAMETER}R{SQUARE}")), NUMBER)])


def _rows() -> tuple[Node, ...]:
    row = chain(maybe(one("(")), maybe(one("+-")), NUMBER, _angle_unit, maybe(one(")")))
    return row, TAIL, _deviations(_angle_unit)
