"""Standard parts: bolts, nuts and the like by the catalogue's price for their diameter and length."""

from __future__ import annotations

import re

from rung.apps.drawings.quoting.figures import figure
from rung.apps.drawings.quoting.items import Sentence
from rung.apps.drawings.quoting.pricing import Pricing, is_own, named, shipped
from rung.apps.drawings.quoting.stock import Input
from rung.models.notation import clean

Found = tuple[str, float, tuple[Input, ...], tuple[Sentence, ...]]
_METRIC = re.compile(r"(?:M|NL|D|⌀)(\d+(?:\.\d+)?)(?:×(\d+(?:\.\d+)?)(L|p|P)?)?(?:×(\d+(?:\.\d+)?)L?)?(?:L)?")
_PIPE = re.compile(r"(\d/\d|1)\"?(?:NPT|PT)")


def size_of(text: str, pipe_mm: dict[str, float]) -> tuple[float, float | None] | None:
    """Diameter and length in millimetres of a standard part: M24X120L, M16x1.5p, NL16, D24x57L, 1/4" NPT."""
    cleaned = re.sub(r"[xX]", "×", clean(text)).replace(" ", "")
    if pipe := _PIPE.fullmatch(cleaned):
        return (pipe_mm[pipe[1]], None) if pipe[1] in pipe_mm else None
    found = _METRIC.fullmatch(cleaned)
    if not found:
        return None
    second, unit, third = found[2], found[3], found[4]
    pitch = unit in ("p", "P") or third is not None
    length = third if pitch else second
    return float(found[1]), float(length) if length else None


def standard_lines(
    name: str, size: Input | None, quantity: Input, pricing: Pricing, examples: bool
) -> Found | Sentence | None:
    """Formula, won, inputs and assumptions of a standard part; a sentence where its price is not known; None where the
    item is none.

    examples: whether the shipped prices, which are examples, may be used where the caller gave none of his own.
    """
    found = named(name, pricing.standard_parts)
    measured = size_of(str(size.value), pricing.pipe_mm) if size else None
    if not found or not size or measured is None:
        return None
    part, word = found
    diameter, length = measured
    given = is_own(part, pricing.standard_parts, shipped().standard_parts)
    if not given and not examples:
        return Sentence(
            f"what does a {part.name} {size.value} cost? The shipped catalogue has example prices only",
            f"{part.words[0]} {size.value}의 단가를 알려 주십시오 (기본 단가표는 예시 가격입니다)",
        )
    price = next((one for one in part.prices if one.diameter == diameter), None)
    if price is None:
        known = ", ".join(f"{one.diameter:g}" for one in part.prices)
        return Sentence(
            f"the catalogue has no {part.name} of {diameter:g} mm (it has {known}); give its unit price",
            f"단가표에 {name} {diameter:g} mm 규격이 없습니다 (보유: {known}); 단가를 알려 주십시오",
        )
    if price.per_mm and length is None:
        return Sentence(
            f"how long is the {part.name} {size.value}? Its price depends on it",
            f"{name} {size.value}의 길이를 알려 주십시오 (단가가 길이에 따라 다릅니다)",
        )
    each = price.base + price.per_mm * (length or 0)
    source = Input(
        name="catalogue",
        value=each,
        unit="won",
        source="given" if given else "assumed",
        note=f"{part.name} {diameter:g}: {price.base:,.0f} + {price.per_mm:g} × {length or 0:g} mm, by {word!r}",
    )
    example = Sentence(
        f"{name} {size.value}: an example price of the shipped catalogue is assumed",
        f"{name} {size.value}: 기본 단가표의 예시 가격을 적용하였습니다",
    )
    assumption = () if given else (example,)
    count = float(quantity.value)
    formula = f"({figure(price.base)} + {figure(price.per_mm)} × {figure(length or 0)} mm) × {figure(count)}"
    return formula, each * count, (size, source, quantity), assumption
