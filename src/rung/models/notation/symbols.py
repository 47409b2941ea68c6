"""The signs of drawings: one sign for each meaning, however a reader, a font or a file writes it."""

from __future__ import annotations

import re

DIAMETER, DEGREE, PLUS_MINUS, BY = "⌀", "°", "±", "×"
SQUARE, ARC, DEPTH, COUNTERBORE, COUNTERSINK, TAPER, SLOPE = "□", "⌒", "↧", "⌴", "⌵", "⌲", "⌳"

CHARACTERISTICS = {
    "⏤": "straightness",
    "⏥": "flatness",
    "○": "circularity",
    "⌭": "cylindricity",
    "⌒": "profile-line",
    "⌓": "profile-surface",
    "⏊": "perpendicularity",
    "∠": "angularity",
    "⫽": "parallelism",
    "⌯": "symmetry",
    "⌖": "position",
    "◎": "concentricity",
    "↗": "circular-runout",
    "⌰": "total-runout",
}
"""By sign, the fourteen of ISO 1101 and ASME Y14.5."""
MODIFIERS = {
    "Ⓔ": "envelope",
    "Ⓕ": "free-state",
    "Ⓛ": "least-material",
    "Ⓜ": "maximum-material",
    "Ⓟ": "projected",
    "Ⓢ": "regardless-of-size",
    "Ⓣ": "tangent-plane",
    "Ⓤ": "unequal",
}

_SAME = {
    DIAMETER: "ØøΦφϕ∅⊘⦰𝜙",
    DEGREE: "º˚∘",
    BY: "✕✖⨯хХ＊*",
    "-": "−–—‒‐‑﹣",
    "'": "′’‘´`",
    '"': "″”“",
    ":": "∶：",
    ".": "·・",
    "/": "⁄∕",
    "(": "〔（",
    ")": "〕）",
    SQUARE: "☐◻",
    "⏊": "⟂⊥",
    "⫽": "∥⫫",
    "◎": "⌾",
    "↗": "⭧",
    "○": "◯",
}
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_ONE_SIGN = str.maketrans(
    {
        **{chr(wide): chr(thin) for wide, thin in _WIDE.items()},
        **{odd: one for one, many in _SAME.items() for odd in many},
    }
)
_FILE_CODES = (
    ("%%c", DIAMETER),
    ("%%C", DIAMETER),
    ("%%d", DEGREE),
    ("%%D", DEGREE),
    ("%%p", PLUS_MINUS),
    ("%%P", PLUS_MINUS),
)

GDT_FONT = dict(zip("abcdefghijklmnprstuvwxyz", "∠⏊⏥⌓○⫽⌭↗⌯⌖⌒ⓁⓂ⌀Ⓟ◎Ⓢ⌰⏤⌴⌵↧⌲⌳", strict=True))
"""What the letters of AutoCAD's font `gdt` show."""

_NUMBER = r"(?:\d+(?:\.\d+)?|\.\d+)"
_REWRITES = tuple(
    (re.compile(find), put)
    for find, put in (
        (r"''", '"'),
        (r"(?<=\d),(?=\d)", "."),
        (r"\+\s*/\s*-|\+-", PLUS_MINUS),
        # Deviations one under the other or side by side: their border is the one space that says something.
        (rf"(?<=\S)\s+\+?(0(?:\.0+)?)\s+(-{_NUMBER})(?![°'])", r"+\1/\2"),
        (rf"([+-]{_NUMBER}[°'\"]?)\s+([+-]?{_NUMBER})", r"\1/\2"),
        (r"(?<=[\d)\]°'\"])\s*[xX]\s*(?=[\d.⌀RMCS□([])", BY),
        (r"\b(?:DEPTH|DEEP|DP)\.?\s*(?=\d)", DEPTH),
        (r"\bP\.\s?C\.\s?D\.?", "PCD"),
        # A space stays between letters of which at least one belongs to a longer word.
        (r"(?<![^\W\d_])\s+|\s+(?![^\W\d_])|(?<![^\W\d_]{2})\s+(?![^\W\d_]{2})", ""),
        (r"\s+", " "),
    )
)


def clean(text: str) -> str:
    """The text with one sign for each meaning, points for decimal commas, and no spaces but those between words.

    It reads nothing into the text: signs that merely look alike (O and 0, + and position) stay as they are. Cleaning
    twice is cleaning once.
    """
    before = None
    while before != text:  # A space that goes may bring together what another rule is about.
        before, text = text, _once(text)
    return text


def _once(text: str) -> str:
    for code, sign in _FILE_CODES:
        text = text.replace(code, sign)
    text = text.strip().translate(_ONE_SIGN)
    for find, put in _REWRITES:
        text = find.sub(put, text)
    return text


def stacked(nominal: str, upper: str, lower: str) -> str:
    """The text of a dimension whose deviations stand one above the other: `25`, `+0.021`, `0` are `25+0.021/0`.

    A zero above has a plus, so that it does not run into the nominal size. Behind a fit they stand in brackets.
    """
    upper, lower = clean(upper), clean(lower)
    if upper and upper[0] not in "+-":
        upper = f"+{upper}"
    nominal, both = clean(nominal), f"{upper}/{lower}" if lower else upper
    return f"{nominal}({both})" if re.search(r"(?<=\d)[A-Za-z]{1,2}\d{1,2}$", nominal) else nominal + both
