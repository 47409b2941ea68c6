"""What is written on drawings: made-up texts of the two alphabets, as a reader is to give them back.

A dimension is one row: a stacked tolerance is split into its rows before it is read, so its rows stand here by
themselves. Nothing here checks what a text means; `models/notation` does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Final

from rung.models.notation import CHARACTERISTICS, MODIFIERS

HOLES: Final = ["A", "B", "C", "D", "E", "F", "G", "H", "JS", "K", "M", "N", "P", "R", "S", "T", "U", "V", "Z"]
SHAFTS: Final = ["a", "b", "c", "d", "e", "f", "g", "h", "js", "k", "m", "n", "p", "r", "s", "t", "u", "v", "z"]
_COARSE: Final = [
    "1",
    "1.2",
    "1.6",
    "2",
    "2.5",
    "3",
    "4",
    "5",
    "6",
    "8",
    "10",
    "12",
    "14",
    "16",
    "18",
    "20",
    "22",
    "24",
    "27",
    "30",
    "33",
    "36",
    "42",
    "48",
    "56",
    "64",
]
_FINE: Final = ["0.25", "0.35", "0.5", "0.7", "0.75", "0.8", "1", "1.25", "1.5", "1.75", "2", "2.5", "3", "3.5", "4"]
_INCHES: Final = ["1/8", "1/4", "3/8", "1/2", "3/4", "1", "5/8", "7/16", "5/16", "9/16"]
_UNIFIED: Final = ["UNC", "UNF", "UN", "UNEF", "NPT", "UNC-2A", "UNF-2B", "UNC-2B", "UNC-3A"]
_ROUGH: Final = ["0.1", "0.2", "0.4", "0.8", "1.6", "3.2", "6.3", "12.5", "25", "50", "100"]
_WORDS: Final = ["TYP", "THRU", "MAX", "MIN", "REF", "mm", "THRU"]
_JUNK: Final = "0123456789" * 3 + ".,+-±×°/()⌀RMCHhg:=#"
_LETTERS: Final = "ABCDEFGHIJKLMNPRSTUVYZabcdefghjkmnpqrstuvyz"
"""Without x, which is read as ×: they are one shape."""

_CHARACTERISTICS: Final = tuple(CHARACTERISTICS)
_MODIFIERS: Final = tuple(MODIFIERS)

Maker = Callable[[Random], str]


def dimension(draw: Random) -> str:
    """One row of a dimension, likeliest kinds oftenest."""
    return draw.choices(_MAKERS, _WEIGHTS)[0](draw)


def frame(draw: Random) -> str:
    """One cell of a feature control frame, or a datum's letter."""
    kind = draw.random()
    if kind < 0.32:
        return draw.choice(_CHARACTERISTICS)
    if kind < 0.72:
        return _zone(draw)
    return _datums(draw)


def number(draw: Random, least: float = 0.1, most: float = 999) -> str:
    """A nominal: whole ones oftenest, up to three decimals, now and then a decimal comma or no leading zero."""
    exponent = draw.uniform(0, 1)
    value = least * (most / least) ** exponent
    places = draw.choices((0, 1, 2, 3), (45, 25, 20, 10))[0]
    if value < 1:
        places = max(places, 1)
    text = f"{value:.{places}f}"
    if draw.random() < 0.06:
        text = text.replace(".", ",")
    elif draw.random() < 0.04 and text.startswith("0."):
        text = text[1:]
    return text


def deviation(draw: Random) -> str:
    """One limit of a tolerance with its sign, or 0."""
    if draw.random() < 0.18:
        return draw.choice(("0", "0", "0", "0.0", "0.00", "0.000", "+0", "-0", "+0.0", "-0.00"))
    return draw.choice("+-") + small(draw)


def small(draw: Random) -> str:
    """A tolerance without its sign."""
    places = draw.choices((1, 2, 3, 4), (25, 35, 36, 4))[0]
    value = draw.choices((draw.uniform(0, 0.1), draw.uniform(0, 1), draw.uniform(0, 5)), (60, 30, 10))[0]
    text = f"{max(value, 10.0**-places):.{places}f}"
    if draw.random() < 0.06:
        text = text.replace(".", ",")
    elif draw.random() < 0.04 and text.startswith("0."):
        text = text[1:]
    return draw.choice(("1", "2", "5")) if draw.random() < 0.03 else text


def fit(draw: Random) -> str:
    """A tolerance class: of a hole, a shaft, or both."""
    hole = draw.choice((draw.choice(HOLES), "H")) + str(draw.randint(5, 12))
    shaft = draw.choice((draw.choice(SHAFTS), draw.choice("ghkf"))) + str(draw.randint(4, 12))
    return draw.choices((hole, shaft, f"{hole}/{shaft}"), (48, 36, 16))[0]


def _length(draw: Random) -> str:
    return number(draw)


def _toleranced(draw: Random) -> str:
    text = _sized(draw) + draw.choices((f"±{small(draw)}", deviation(draw)), (85, 15))[0]
    return text + (f"/{deviation(draw)}" if text[-5:].count("±") == 0 and draw.random() < 0.1 else "")


def _deviation_pair(draw: Random) -> str:
    return f"{deviation(draw)}/{deviation(draw)}"


def _sized(draw: Random) -> str:
    sign = draw.choices(("", "⌀", "R", "SR", "S⌀", "□", "t"), (40, 40, 10, 2, 3, 4, 1))[0]
    return sign + number(draw)


def _signed(draw: Random) -> str:
    sign = draw.choices(_SIGN_TEXTS, _SIGN_WEIGHTS)[0]
    return sign + number(draw, most=draw.choice((50, 999)))


def _fitted(draw: Random) -> str:
    text = draw.choices(("⌀", ""), (85, 15))[0] + number(draw, 1, 500).split(",")[0] + fit(draw)
    if draw.random() < 0.2:
        text += f"({deviation(draw)}/{deviation(draw)})" if draw.random() < 0.6 else f"({deviation(draw)})"
    return text


def _counted(draw: Random) -> str:
    count = str(draw.choices((draw.randint(2, 12), draw.randint(13, 40)), (85, 15))[0])
    join = draw.choices(("×", "-"), (82, 18))[0]
    return count + join + draw.choices((_signed, _fitted, _thread, _chamfer, _length), (50, 14, 16, 8, 12))[0](draw)


def _thread(draw: Random) -> str:
    kind = draw.random()
    if kind < 0.8:
        text = "M" + draw.choice(_COARSE)
        if draw.random() < 0.5:
            text += "×" + draw.choice(_FINE)
        if draw.random() < 0.4:
            text += f"-{draw.randint(4, 8)}{draw.choice('gHhG')}"
        if draw.random() < 0.06:
            text += draw.choice(("LH", "-LH"))
        return text
    size = draw.choice(_INCHES)
    if kind < 0.92:
        return draw.choice(("G", "Rc", "R", "Rp", "PT", "PF", "NPT")) + size + draw.choice(("", "", "", "A", "B"))
    if kind < 0.96:
        size = draw.choice((size, size, f"#{draw.randint(0, 12)}"))
        return f"{size}-{draw.choice((8, 10, 12, 16, 18, 20, 24, 28))}" + draw.choice(_UNIFIED)
    return f"Tr{draw.randint(8, 60)}×{draw.randint(2, 8)}"


def _chamfer(draw: Random) -> str:
    size = draw.choices((str(draw.randint(1, 10)), f"{draw.uniform(0.1, 5):.1f}"), (55, 45))[0]
    return draw.choices((f"C{size}", f"{size}×{draw.choice((45, 45, 45, 30, 60, 15))}°"), (55, 45))[0]


def _angle(draw: Random) -> str:
    text = (
        draw.choices((str(draw.randint(1, 180)), f"{draw.uniform(0, 180):.{draw.randint(1, 2)}f}"), (80, 20))[0] + "°"
    )
    if "." not in text and draw.random() < 0.25:
        text += f"{draw.randint(0, 59)}'"
        if draw.random() < 0.35:
            text += f'{draw.randint(0, 59)}"'
    if draw.random() < 0.15:
        text += "±" + draw.choice(("1°", "0.5°", "0.25°", "2°", "30'", "15'", "0.1°"))
    return text


def _rough(draw: Random) -> str:
    return draw.choices(("Ra", "Rz", "Rmax", "Ry", "Rt", "Rq", ""), (52, 20, 4, 4, 2, 2, 16))[0] + draw.choice(_ROUGH)


def _enclosed(draw: Random) -> str:
    inner = draw.choices((_sized, _toleranced, _angle, _fitted), (80, 5, 8, 7))[0](draw)
    return f"[{inner}]" if draw.random() < 0.35 and "[" not in inner else f"({inner})"


def _row(draw: Random) -> str:
    kind = draw.random()
    if kind < 0.75:
        return deviation(draw)
    return f"±{small(draw)}" if kind < 0.85 else draw.choice((deviation(draw) + "°", fit(draw), f"({deviation(draw)}"))


def _product(draw: Random) -> str:
    return "×".join(_sized(draw) for _ in range(draw.choices((2, 3), (85, 15))[0]))


def _noted(draw: Random) -> str:
    base = draw.choices((_signed, _thread, _fitted, _counted), (60, 20, 10, 10))[0](draw)
    ends = (draw.choice(_WORDS), f"↧{number(draw, 1, 99)}", f"×{draw.choice((90, 82, 120, 60))}°")
    return base + draw.choices(ends, (55, 35, 10))[0]


def _ratio(draw: Random) -> str:
    if draw.random() < 0.4:
        count, pitch = draw.randint(2, 12), draw.randint(3, 90)
        total = f"{count * pitch}"
        return f"{count}×{pitch}" + draw.choice((f"={total}", f"(={total})"))
    sign = draw.choice(("", "", "⌲", "⌳"))
    return f"{sign}{draw.choice((1, 1, 2, 5, 10))}:{draw.choice((1, 2, 5, 10, 16, 20, 50, 100))}"


def _word(draw: Random) -> str:
    kind = draw.random()
    if kind < 0.5:
        return draw.choice(_WORDS)
    return "".join(draw.choice(_LETTERS) for _ in range(draw.randint(1, 6)))


def _junk(draw: Random) -> str:
    return "".join(draw.choice(_JUNK) for _ in range(draw.randint(1, 9)))


_SIGN_TEXTS: Final = ("⌀", "R", "SR", "S⌀", "□", "t=", "t", "↧", "⌴⌀", "⌵⌀", "D", "L=", "⌒", "PCD", "PCD⌀", "⌲", "⌳")
_SIGN_WEIGHTS: Final = (46, 26, 3, 4, 4, 2, 2, 4, 3, 2, 1, 1, 2, 1, 1, 0.7, 0.7)
_KINDS: Final[tuple[tuple[Maker, float], ...]] = (
    (_length, 18),
    (_toleranced, 10),
    (_signed, 13),
    (_fitted, 9),
    (_counted, 9),
    (_thread, 6),
    (_chamfer, 4),
    (_angle, 5),
    (_rough, 4),
    (_enclosed, 5),
    (_row, 14),
    (_deviation_pair, 1),
    (_product, 1.5),
    (_noted, 3),
    (_ratio, 2.5),
    (_word, 1.5),
    # No grammar at all: what is read is then the picture's doing and not the habit of the sampler.
    (_junk, 7),
)
_MAKERS: Final = tuple(maker for maker, _ in _KINDS)
_WEIGHTS: Final = tuple(weight for _, weight in _KINDS)


def _zone(draw: Random) -> str:
    value = draw.choice(("0.01", "0.02", "0.03", "0.05", "0.1", "0.2", "0.5", small(draw), small(draw), small(draw)))
    text = draw.choices(("⌀", "", "S⌀"), (45, 52, 3))[0] + value
    if draw.random() < 0.42:
        text += draw.choice(_MODIFIERS)
        if draw.random() < 0.12:
            text += draw.choice((draw.choice(_MODIFIERS), number(draw, 1, 60)))
    if draw.random() < 0.05:
        text += f"/{draw.choice(('100', '50', '25', '10', '200', '100×50'))}"
    elif draw.random() < 0.04:
        text += "CZ"
    return text


def _datums(draw: Random) -> str:
    letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
    letter = draw.choice((draw.choice("ABCDE"), draw.choice(letters)))
    kind = draw.random()
    if kind < 0.6:
        return letter
    if kind < 0.92:
        return letter + draw.choice(_MODIFIERS)
    return f"{letter}-{draw.choice(letters)}"


_BREAKS: Final = re.compile(r"(?<=.)(?=[±+(↧ⒺⒻⓁⓂⓅⓈⓉⓊ])|(?<=[\d)])(?=[A-Za-z]|-[\d.])|(?<=[⌀×=])(?=.)|(?<=.)(?=[×=])")


def spread(text: str, draw: Random, share: float = 0.15) -> str:
    """The text with a space at some of the places where people put one; what it says is the same."""
    return _BREAKS.sub(lambda _: " " if draw.random() < share else "", text)
