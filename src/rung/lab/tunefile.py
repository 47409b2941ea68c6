"""Reads tune files: what to vary, on what, and what somebody claimed of it before it was measured here."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from rung.lab.grid import Setting, Value, Vary, vary_of
from rung.runtime.errors import InvalidInput

ENDING = ".toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Of the settings in which `at` holds and all else is the baseline's. error: added to the baseline's."""

    at: Setting
    error: float | None = None
    speed_up: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneFile:
    """operation: APP.OPERATION. fields: inputs that all runs share. variant: who has to answer; empty: as planned.

    source: whose claims they are.
    """

    operation: str
    metric: str
    varied: tuple[Vary, ...]
    variant: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()
    source: str = ""

    def claim(self, setting: Setting) -> Claim | None:
        """What was claimed of it."""
        base = {vary.name: vary.values[0] for vary in self.varied}
        return next((one for one in self.claims if dict(setting) == base | dict(one.at)), None)


def shipped() -> tuple[str, ...]:
    """The names of the tune files that come with Rung."""
    found = (entry.name for entry in files("rung.lab").joinpath("files").iterdir())
    return tuple(sorted(name.removesuffix(ENDING) for name in found if name.endswith(ENDING)))


def read_tune_file(name: str) -> TuneFile:
    """A shipped one by its name, or any by its path. Raises InvalidInput that says what is wrong."""
    if name in shipped():
        text = files("rung.lab").joinpath("files", f"{name}{ENDING}").read_text("utf-8")
    else:
        try:
            text = Path(name).read_text("utf-8")
        except OSError as error:
            listed = ", ".join(shipped())
            raise InvalidInput(f"{name}: no such tune file ({error.strerror}); shipped are {listed}") from error
    try:
        return _parsed(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, InvalidInput) as error:
        raise InvalidInput(f"{name}: {error}") from error


def _parsed(values: dict[str, Any]) -> TuneFile:
    known = {"operation", "metric", "variant", "source", "fields", "vary", "claim"}
    if unknown := sorted(values.keys() - known):
        raise InvalidInput(f"it has {unknown[0]!r}; it may have {', '.join(sorted(known))}")
    for key in ("operation", "metric", "vary"):
        if not values.get(key):
            raise InvalidInput(f"it wants {key!r}")
    if not isinstance(values["vary"], dict) or not all(isinstance(one, list) for one in values["vary"].values()):
        raise InvalidInput("[vary] wants PARAM = [a, b, c]")
    varied = tuple(vary_of(name, one) for name, one in values["vary"].items())
    return TuneFile(
        operation=str(values["operation"]),
        metric=str(values["metric"]),
        varied=varied,
        variant=str(values.get("variant", "")),
        fields=values.get("fields", {}),
        claims=tuple(_claim(one, varied) for one in values.get("claim", [])),
        source=str(values.get("source", "")),
    )


def _claim(values: dict[str, Any], varied: Sequence[Vary]) -> Claim:
    at: dict[str, Value] = values.get("at", {})
    for name, value in at.items():
        vary = next((one for one in varied if one.name == name), None)
        if vary is None or value not in vary.values:
            raise InvalidInput(f"a claim is about {name} = {value!r}, which is not varied")
    return Claim(at=at, error=values.get("error"), speed_up=values.get("speed_up"))
