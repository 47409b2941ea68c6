"""The class table: which words mean which furniture, and how large such things are. The data are `classes.toml`."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
"""Logarithms of width, depth and height in millimetres: [3]."""
Matrix = NDArray[np.float64]
"""[3, 3], their covariance."""

USUAL_SPREAD: Final = 0.15
EACH_SD, WHOLE_SD = 0.15, 0.15
"""What no table says: how far a piece's sides, each for itself and all together, lie from every size that its class is
sold in. Standard deviations of logarithms, chosen on twelve rendered rooms of pieces whose sizes are not the table's:
without them four of ten truths lay outside of intervals that should hold nine of ten, with them one to two."""
NINE_OF_TEN: Final = 1.6449
"""Standard deviations on either side of the mean within which nine of ten lie."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known of a piece's size before anybody measures: a normal distribution of the sides' logarithms."""

    mean: Vector
    cov: Matrix

    @property
    def mm(self) -> tuple[tuple[float, float], ...]:
        """(median, standard deviation) of width, depth and height in millimetres."""
        medians, sds = np.exp(self.mean), np.sqrt(np.diag(self.cov))
        return tuple((float(median), float(median * sd)) for median, sd in zip(medians, sds, strict=True))


def unsaid() -> Matrix:
    """The covariance of what no table says."""
    return EACH_SD**2 * np.eye(3) + WHOLE_SD**2 * np.ones((3, 3))


@dataclass(frozen=True, slots=True)
class Size:
    """One size that a class is sold in. log, sd: of the logarithm of each side."""

    name: str
    words: tuple[str, ...]
    log: Vector
    sd: Vector

    @property
    def prior(self) -> Prior:
        """Of a piece that is known to be of this size."""
        return Prior(self.log, np.diag(self.sd**2) + unsaid())


@dataclass(frozen=True, slots=True)
class FurnitureClass:
    """One entry of the table."""

    name: str
    words: tuple[str, ...]
    sizes: tuple[Size, ...]
    least: float = 0.0
    movable: bool = True
    excluded: bool = False
    on_floor: bool = False
    bears: bool = True

    @property
    def prior(self) -> Prior | None:
        """Of a piece of any of its sizes, each as likely as the others: what they differ in, they differ in together,
        as a long sofa is no higher than a short one. None where the table knows no size."""
        if not self.sizes:
            return None
        logs = np.array([size.log for size in self.sizes])
        within = np.mean([np.diag(size.sd**2) for size in self.sizes], axis=0)
        apart = logs - logs.mean(axis=0)
        return Prior(logs.mean(axis=0), apart.T @ apart / len(logs) + within + unsaid())

    def size(self, name: str) -> Size | None:
        """The size of that name, or None."""
        return next((one for one in self.sizes if one.name == name), None)

    def nearest(self, log: Vector) -> str | None:
        """The name of the size that fits these sides best; None where there is nothing to choose from."""
        if len(self.sizes) < 2:
            return None
        return min(self.sizes, key=lambda size: _unlikeness(size, log)).name


def _unlikeness(size: Size, log: Vector) -> float:
    """Minus twice the logarithm of the likelihood, up to a constant."""
    return float((((log - size.log) / size.sd) ** 2 + 2 * np.log(size.sd)).sum())


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word means. size: where it says that too."""

    kind: FurnitureClass
    size: str | None = None

    @property
    def prior(self) -> Prior | None:
        """As narrow as the word is."""
        size = self.kind.size(self.size) if self.size else None
        return size.prior if size else self.kind.prior


@dataclass(frozen=True, slots=True)
class ClassTable:
    """All classes, and the words for them."""

    classes: tuple[FurnitureClass, ...]
    _words: Mapping[str, Meaning] = field(repr=False)

    def meaning(self, word: str) -> Meaning | None:
        """What the word means; None where the table does not know it."""
        return self._words.get(_plain(word))

    @property
    def wanted(self) -> tuple[str, ...]:
        """A word for each class that is reported: what an open vocabulary is asked to look for."""
        return tuple(kind.words[0] for kind in self.classes if not kind.excluded)

    def unseen(self, vocabulary: Sequence[str]) -> list[str]:
        """The movable classes that no word of that vocabulary means, nor one of their sizes."""
        seen = {found.kind.name for word in vocabulary if (found := self.meaning(word)) is not None}
        return [one.name for one in self.classes if one.movable and not one.excluded and one.name not in seen]


@cache
def table() -> ClassTable:
    """The table as it is installed; read once, never changed."""
    return read_table(files("rung.apps.furniture").joinpath("classes.toml").read_text("utf-8"))


def read_table(text: str) -> ClassTable:
    """Raises ValueError for a word that would mean two things, and for a size that is none."""
    classes = tuple(_class(entry) for entry in tomllib.loads(text)["class"])
    words: dict[str, Meaning] = {}
    for kind in classes:
        for word, meaning in _meanings(kind).items():
            if words.setdefault(word, meaning).kind is not kind:
                raise ValueError(f"the word {word!r} stands for {words[word].kind.name} and for {kind.name}")
    return ClassTable(classes, words)


def _meanings(kind: FurnitureClass) -> dict[str, Meaning]:
    """Its own words, then those of its sizes, which say more."""
    found = {_plain(word): Meaning(kind) for word in (kind.name, *kind.words)}
    return found | {_plain(word): Meaning(kind, size.name) for size in kind.sizes for word in size.words}


def _plain(word: str) -> str:
    return " ".join(word.lower().replace("_", " ").split())


def _class(entry: Mapping[str, Any]) -> FurnitureClass:
    spread = float(entry.get("spread", USUAL_SPREAD))
    return FurnitureClass(
        name=entry["name"],
        words=tuple(entry["words"]),
        sizes=tuple(_size(one, spread) for one in entry["sizes"]),
        least=float(entry.get("least", 0.0)),
        movable=bool(entry.get("movable", True)),
        excluded=bool(entry.get("excluded", False)),
        on_floor=bool(entry.get("on_floor", False)),
        bears=bool(entry.get("bears", True)),
    )


def _size(entry: Mapping[str, Any], spread: float) -> Size:
    sides = [_side(one, spread) for one in entry["mm"]]
    if len(sides) != 3:
        raise ValueError(f"the size {entry['name']!r} has {len(sides)} sides; it is [width, depth, height]")
    logs, sds = zip(*sides, strict=True)
    return Size(entry["name"], tuple(entry.get("words", ())), np.array(logs), np.array(sds))


def _side(given: float | list[float], spread: float) -> tuple[float, float]:
    """(mean, standard deviation) of the logarithm; [from, to] holds nine of ten."""
    low, high = given if isinstance(given, list) else (given, given)
    if not 0 < low <= high:
        raise ValueError(f"a side of {given} millimetres is none")
    open_end = math.log(high / low) / (2 * NINE_OF_TEN)
    return (math.log(low) + math.log(high)) / 2, math.hypot(open_end, spread)
