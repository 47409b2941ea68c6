"""The rule set of the cost engine, typed (the data are `costs.toml`), and what a caller puts in its place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Won = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]
Part = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Size = Annotated[float, Field(ge=-1000, le=100_000, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=100)]


class _Rule(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Material(_Rule):
    """A material by its names. price: won per kg. density: g/cm3."""

    names: list[Name] = Field(min_length=1)
    price: Won
    density: float = Field(gt=0, le=25)


class PartType(_Rule):
    """What machining a part of this type starts from, in won."""

    words: list[Name]
    base: Won


class Mass(_Rule):
    """What a part of this name weighs, where that is assumed."""

    words: list[Name]
    kg: float = Field(gt=0)


class Difficulty(_Rule):
    """What a feature adds to the difficulty of machining."""

    name: Name
    words: list[Name]
    add: Share


class HardMaterial(_Rule):
    """What a material adds to the difficulty, by how its name begins."""

    name: Name
    prefixes: list[Name]
    add: Share


class Treatment(_Rule):
    """A surface or heat treatment. price: won per kg."""

    name: Name
    name_ko: str = ""
    words: list[Name]
    price: Won


class SizeFactor(_Rule):
    """Machining of parts lighter than this is multiplied by the factor."""

    below_kg: float
    factor: Share


class Discount(_Rule):
    """What is taken off the material from so many pieces on."""

    from_pieces: int
    share: float = Field(ge=0, le=1)


class ThinWall(_Rule):
    """What is added where inner over outer diameter is above."""

    above: float
    add: Share


class Large(_Rule):
    """What is added where the outer diameter is above."""

    above_mm: float
    add: Share


class Setup(_Rule):
    """Won for setting up, for lots of at most so many pieces."""

    amount: Won
    up_to_pieces: int


class Margins(_Rule):
    """Shares put on the cost."""

    material: Share
    machining: Share


class Scrap(_Rule):
    """Shares of the material that are lost."""

    round: Part
    plate: Part


class Allowance(_Rule):
    """Millimetres that stock is larger than the part, on each of its sides; `inner` is below 0."""

    outer: Size
    inner: Size
    length: Size
    plate: Size


class StandardPrice(_Rule):
    """Won for a standard part of this diameter: base + per_mm x length."""

    diameter: float = Field(gt=0)
    base: Won
    per_mm: Won = 0


class StandardPart(_Rule):
    """A kind of standard part with its prices."""

    name: Name
    words: list[Name]
    prices: list[StandardPrice]


class Pricing(_Rule):
    """The whole rule set."""

    vat: Part
    inspection: Part
    transport_per_kg: Won
    setup: Setup
    margin: Margins
    scrap: Scrap
    allowance: Allowance
    discounts: list[Discount]
    assumed_length: float = Field(gt=0)
    assumed_material: Material
    materials: list[Material]
    default_base: Won
    parts: list[PartType]
    size_factors: list[SizeFactor]
    largest_factor: Share
    most_difficult: float = Field(ge=1)
    difficulties: list[Difficulty]
    hard_materials: list[HardMaterial]
    thin_walls: list[ThinWall]
    large: Large
    treatments: list[Treatment]
    default_mass: float = Field(gt=0)
    masses: list[Mass]
    standard_parts: list[StandardPart]
    pipe_mm: dict[str, float]
    given: frozenset[str] = frozenset()
    """What the caller replaced of the rule set, by name; of a part with figures of its own those: `margin.machining`.
    Lists that his rules were put before are not among it: `is_own` says which rules are his."""


@cache
def shipped() -> Pricing:
    """The rule set of `costs.toml`."""
    return Pricing.model_validate(
        tomllib.loads(files("rung.apps.drawings.quoting").joinpath("costs.toml").read_text("utf-8"))
    )


def with_given(given: Mapping[str, Any]) -> Pricing:
    """The shipped rules with a caller's in place of them. Materials, treatments and standard parts of his come before
    the shipped ones; everything else replaces its namesake. pydantic.ValidationError where one does not fit."""
    rules, said = shipped().model_dump(), set[str]()
    for name, value in given.items():
        if name in ("materials", "treatments", "standard_parts") and isinstance(value, list):
            rules[name] = [*value, *rules[name]]
        elif isinstance(value, Mapping) and isinstance(rules.get(name), dict):
            rules[name] = {**rules[name], **value}
            said |= {f"{name}.{one}" for one in value}
        else:
            rules[name] = value
            said.add(name)
    return Pricing.model_validate({**rules, "given": frozenset(said)})


def is_own(rule: Material | Treatment | StandardPart, rules: Sequence[object], shipped_ones: Sequence[object]) -> bool:
    """Whether a rule of a list is the caller's: his stand before the shipped ones."""
    return rule in rules[: len(rules) - len(shipped_ones)]


class _Worded(Protocol):
    @property
    def words(self) -> list[str]: ...


Found = TypeVar("Found", bound=_Worded)


def named(text: str, rules: Sequence[Found], stems: bool = False) -> tuple[Found, str] | None:
    """The rule whose word stands in the text, with that word; the longest word wins.

    stems: a longer word that only begins so counts too, as nitrided does for nitrid.
    """
    hits = [
        (len(word), -at, rule, word)
        for at, rule in enumerate(rules)
        for word in rule.words
        if stands_in(text, word, stems)
    ]
    if not hits:
        return None
    _, _, rule, word = max(hits, key=lambda hit: hit[:2])
    return rule, word


def stands_in(text: str, word: str, stem: bool = False) -> bool:
    """Whether a word stands in a text, in any case: STRING holds no ring, RINGS does. Hangul may be joined to more."""
    wanted = re.escape(word.casefold())
    if word.isascii():
        wanted = rf"(?<![a-z]){wanted}" + ("" if stem else r"(?:s|es)?(?![a-z])")
    return re.search(wanted, text.casefold()) is not None
