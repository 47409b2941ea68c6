"""Decides what a varied parameter is: a field of the operation, the variant that answers, or a setting of a variant."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Literal, get_args

from rung.lab.grid import Setting, Value
from rung.runtime.errors import InvalidInput
from rung.runtime.settings import Settings, VariantSettings
from rung.runtime.spec import Precision, Strategy, Variant

ANSWERING = "variant"
Group = Literal["options", "caps", "plain"]
PLAIN = ("threads", "precision", "strategy")
CAPS = ("side", "batch", "steps")


@dataclass(frozen=True, slots=True)
class InputField:
    """A field of the operation's input; each request may have another value."""

    name: str


@dataclass(frozen=True, slots=True)
class Answering:
    """Which variant has to answer."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """What `[variant.NAME]` of rung.toml fixes: it holds from the load on.

    group: options, caps, or the table itself.
    """

    variant: str
    group: Group
    key: str


Place = InputField | Answering | Fixed


def place_of(name: str, fields: Collection[str], variants: Mapping[str, Variant]) -> Place:
    """fields: of the operation. variants: that its tasks have. Raises InvalidInput with the nearest name."""
    if name in fields:
        return InputField(name)
    if name == ANSWERING:
        return Answering()
    owner = max((v for v in variants if name.startswith(f"{v}.")), key=len, default="")
    if owner:
        return _fixed(variants[owner], name.removeprefix(f"{owner}."))
    known = [*fields, ANSWERING, *(f"{v.name}.{option}" for v in variants.values() for option in v.options)]
    raise InvalidInput(f"there is nothing named {name!r} to vary{_hint(name, known)}")


def _fixed(variant: Variant, key: str) -> Fixed:
    plain = key.removeprefix("options.")
    caps = {cap for place in variant.places for cap in place.caps} | ({"batch"} if variant.max_batch > 1 else set())
    if plain in variant.options:
        return Fixed(variant.name, "options", plain)
    if key in PLAIN:
        return Fixed(variant.name, "plain", key)
    if key.removeprefix("caps.") in caps:
        return Fixed(variant.name, "caps", key.removeprefix("caps."))
    known = [*variant.options, *PLAIN, *(f"caps.{cap}" for cap in sorted(caps))]
    raise InvalidInput(f"{variant.name} has no {key!r} to vary{_hint(key, known)}")


def _hint(word: str, known: list[str]) -> str:
    close = get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(known)}"


def checked(name: str, place: Place, values: Collection[Value], variants: Mapping[str, Variant]) -> None:
    """Raises InvalidInput for a value that the place cannot have. Fields are checked by the operation itself."""
    for value in values:
        match place:
            case Answering() if value not in variants:
                raise InvalidInput(
                    f"{name}: {value!r} is none of the operation's variants{_hint(str(value), [*variants])}"
                )
            case Fixed(group="plain", key=key) if not _plain_fits(key, value):
                raise InvalidInput(f"{name}: {value!r} is no {key}{_wanted(key)}")
            case Fixed(group="caps") if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InvalidInput(f"{name}: {value!r} is no whole number above 0")
            case Fixed(group="options") if value is None:
                raise InvalidInput(f"{name}: an option has a value; null is none")


def _plain_fits(key: str, value: Value) -> bool:
    if value is None:
        return True
    match key:
        case "threads":
            return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1024
        case "precision":
            return value in get_args(Precision)
        case _:
            return value in get_args(Strategy)


def _wanted(key: str) -> str:
    words = {"precision": get_args(Precision), "strategy": get_args(Strategy)}.get(key)
    return f"; it may be {', '.join(words)}" if words else " from 1 to 1024"


# --- a setting, taken apart --------------------------------------------------------------------------------


def fields_of(setting: Setting, places: Mapping[str, Place]) -> dict[str, Any]:
    """What goes into the operation's input. A field whose value is None is left to its default."""
    return {p.name: setting[n] for n, p in places.items() if isinstance(p, InputField) and setting[n] is not None}


def variant_of(setting: Setting, places: Mapping[str, Place]) -> str:
    """Which variant has to answer; empty: as planned."""
    return next((str(setting[name]) for name, place in places.items() if isinstance(place, Answering)), "")


def loaded_with(setting: Setting, places: Mapping[str, Place]) -> tuple[tuple[Fixed, Value], ...]:
    """What holds from the load on: settings in which it is equal can share loaded models."""
    return tuple((place, setting[name]) for name, place in places.items() if isinstance(place, Fixed))


def settings_with(settings: Settings, fixed: Collection[tuple[Fixed, Value]]) -> Settings:
    """The settings as if rung.toml said so."""
    variants = dict(settings.variants)
    for place, value in fixed:
        known = variants.get(place.variant, VariantSettings())
        match place:
            case Fixed(group="options", key=key):
                variants[place.variant] = replace(known, options={**known.options, key: value})
            case Fixed(group="caps", key=key):
                variants[place.variant] = replace(known, caps={**known.caps, key: value})  # type: ignore[dict-item]
            case Fixed(key=key):
                variants[place.variant] = replace(known, **{key: value})  # type: ignore[arg-type]
    return replace(settings, variants=variants)
