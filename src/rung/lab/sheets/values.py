"""What dimensions of generated sheets say: nominals, deviations and fits, printed and in canonical form.

The canonical form is that of `rung.models.notation`; it is written here from the parts, not parsed from print, so that
the truth does not rest on the parser that is measured with it.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from dataclasses import dataclass, replace

from rung.lab.sheets.style import Style
from rung.lab.sheets.truth import DimensionType, DimensionValue, Form

RANGES_MM = (3, 6, 10, 18, 30, 50, 80, 120, 180)
"""Upper ends of the ranges of nominal size in ISO 286-2."""
IT_UM = {6: (6, 8, 9, 11, 13, 16, 19, 22, 25), 7: (10, 12, 15, 18, 21, 25, 30, 35, 40)}
IT_UM |= {8: (14, 18, 22, 27, 33, 39, 46, 54, 63)}
BASE_UM = {"g": (2, 4, 5, 6, 7, 9, 10, 12, 14), "f": (6, 10, 13, 16, 20, 25, 30, 36, 43)}
SIZED = ("length", "diameter", "radius")
"""Types whose nominals have the office's number of decimals."""
FITS = ("H7", "H8", "h6", "h7", "g6", "f7", "js6", "JS7")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dress:
    """What is printed around a nominal. prefix: canonical, `⌀`, `R`, `M`, `C`, `SR`, `S⌀`, `PCD`.

    tail: after the nominal, as a thread's pitch and class. digits: of the deviations. limits: upper and lower limit
    of size are printed, not the deviations.
    """

    type: DimensionType = "length"
    prefix: str = ""
    tail: str = ""
    count: int = 1
    fit: str = ""
    upper: float | None = None
    lower: float | None = None
    digits: int = 3
    limits: bool = False
    form: Form = "plain"

    @property
    def unit(self) -> str:
        """Of the nominal."""
        return {"angle": "deg", "roughness": "um", "taper": ""}.get(self.type, "mm")


def number(value: float, decimals: int | None) -> str:
    """Canonical digits; decimals: always so many, or None: none that are zero at the end."""
    if decimals is not None:
        return f"{value:.{decimals}f}"
    return f"{value:.3f}".rstrip("0").rstrip(".")


def deviation(value: float, digits: int, *, padded: bool) -> str:
    """With its sign; zero has none."""
    text = f"{abs(value):.{digits}f}"
    if not padded:
        text = text.rstrip("0").rstrip(".")
    return text if value == 0 else f"{'+' if value > 0 else '-'}{text}"


def padded(dress: Dress) -> bool:
    """Whether deviations have all their digits: they do unless one of them is zero, or both are one."""
    return bool(dress.upper and dress.lower and dress.upper != -dress.lower)


def value_of(nominal: float, dress: Dress, style: Style) -> DimensionValue:
    """What the dimension says, in canonical form."""
    decimals = style.decimals if dress.type in SIZED else None
    middle = "/".join(limit_texts(nominal, dress)) if dress.limits else number(nominal, decimals)
    body = dress.prefix + middle + dress.tail + ("°" if dress.type == "angle" else "")
    text = (f"{dress.count}×" if dress.count > 1 else "") + body + dress.fit + _deviations(dress)
    if dress.form == "reference":
        text = f"({text})"
    return DimensionValue(
        text=text,
        type=dress.type,
        nominal=float(number(nominal, decimals)),
        unit=dress.unit,
        upper=dress.upper,
        lower=dress.lower,
        fit=dress.fit,
        count=dress.count,
        form=dress.form,
    )


def limit_texts(nominal: float, dress: Dress) -> tuple[str, str]:
    """The upper and the lower limit of size, canonical, with as many decimals as the deviations have."""
    upper, lower = dress.upper or 0.0, dress.lower or 0.0
    return f"{nominal + upper:.{dress.digits}f}", f"{nominal + lower:.{dress.digits}f}"


def _deviations(dress: Dress) -> str:
    if dress.upper is None or dress.lower is None or dress.limits:
        return ""
    unit = "°" if dress.type == "angle" else ""
    if dress.upper == -dress.lower:
        return "±" + deviation(dress.upper, dress.digits, padded=False).lstrip("+") + unit
    upper, lower = (deviation(one, dress.digits, padded=padded(dress)) for one in (dress.upper, dress.lower))
    both = f"{'+0' if dress.upper == 0 else upper}/{lower}"
    return f"({both})" if dress.fit else both


def printed(text: str, style: Style, count: int = 1) -> str:
    """The same in the signs of that office. count: text begins with it, and a ×, where it is over 1."""
    head = f"{count}{style.times}" if count > 1 else ""
    signs = {"⌀": style.diameter, "×": style.by, ".": style.comma}
    return head + "".join(signs.get(sign, sign) for sign in text[len(f"{count}×") if head else 0 :])


def limits(fit: str, nominal: float) -> tuple[float, float]:
    """Deviations (upper, lower) of a fit in millimetres, by ISO 286."""
    letter, grade = fit.rstrip("0123456789"), int(fit.lstrip("HhgfjsJS"))
    row = bisect_left(RANGES_MM, nominal)
    width = IT_UM[grade][min(row, len(RANGES_MM) - 1)] / 1000
    match letter:
        case "H":
            return width, 0.0
        case "h":
            return 0.0, -width
        case "js" | "JS":
            return width / 2, -width / 2
        case _:
            base = BASE_UM[letter][min(row, len(RANGES_MM) - 1)] / 1000
            return -base, -round(base + width, 3)


def dressed(rng: random.Random, plain: Dress, nominal: float, *, inner: bool = False) -> Dress:
    """A length or a diameter with what a designer may add to it. inner: of a hole."""
    kind = rng.choices(
        ("plain", "symmetric", "stacked", "one-sided", "fit", "fit-limits", "reference", "limits"),
        (40, 14, 14, 8, 12, 5, 4, 3),
    )[0]
    if kind.startswith("fit") and plain.prefix != "⌀":
        kind = "symmetric"
    match kind:
        case "symmetric":
            step = rng.choice((0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5))
            return replace(plain, upper=step, lower=-step, digits=2)
        case "stacked":
            upper, lower = rng.choice(((0.1, -0.2), (0.05, -0.02), (0.3, 0.1), (-0.1, -0.3), (0.2, -0.1), (0.15, 0.05)))
            return replace(plain, upper=upper, lower=lower, digits=2 if abs(upper) < 0.1 or upper == 0.15 else 1)
        case "one-sided":
            size = rng.choice((0.021, 0.025, 0.05, 0.1, 0.2))
            return replace(plain, upper=size if inner else 0.0, lower=0.0 if inner else -size)
        case "fit" | "fit-limits":
            fit = rng.choice([one for one in FITS if one[0].isupper() == inner])
            plain = replace(plain, fit=fit)
            high, low = limits(fit, nominal)
            return plain if kind == "fit" or high == -low else replace(plain, upper=high, lower=low)
        case "reference":
            return replace(plain, form="reference")
        case "limits":
            size = rng.choice((0.01, 0.02, 0.05))
            return replace(plain, upper=size, lower=-size, digits=2, limits=True)
        case _:
            return plain
