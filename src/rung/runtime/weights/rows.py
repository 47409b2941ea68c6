"""The rows of `rung weights list` and `rung weights licenses`: plain values, ready for a table or for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rung.runtime.spec import Licence, Variant, Weights
from rung.runtime.weights.presence import State
from rung.runtime.weights.sources import obstacle, title
from rung.runtime.weights.store import WeightStore

_NAMED = 2
"""Inputs of a recipe that a source names; of a file in many pieces the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """One weight file of one variant. size: the catalogue's, in bytes. source: what a pull would use now.

    verified: its bytes are known to be the catalogue's (False for a missing file, or an unknown one of the user's).
    quality: of the variant; None: nobody has measured it.
    """

    task: str
    variant: str
    file: str
    size: int
    state: State
    verified: bool
    path: str
    source: str
    pulled: bool
    quality: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceRow:
    """One licence that binds a variant. part: the file's name, or `code`. commercial None: it does not say.

    verified: somebody read the licence's own text; otherwise it is what others state.
    """

    task: str
    variant: str
    part: str
    licence: str
    commercial: bool | None
    copyleft: bool
    gated: bool
    region: str
    verified: bool
    note: str


def files(store: WeightStore, variants: Iterable[Variant]) -> list[FileRow]:
    """Every file of the variants, as it lies here."""
    return [_file(store, variant, weights) for variant in variants for weights in store.needed(variant.weights)]


def _file(store: WeightStore, variant: Variant, weights: Weights) -> FileRow:
    found = store.find(weights)
    return FileRow(
        task=variant.task,
        variant=variant.name,
        file=weights.name,
        size=weights.size,
        state=found.state,
        verified=found.verified,
        path=str(found.path),
        source=_source(store, weights) + (", quality unmeasured" if _untried(variant) else ""),
        pulled=weights.pulled,
        quality=variant.quality.value,
    )


def _untried(variant: Variant) -> bool:
    """Weights of fewer bits than their authors measured, with which nobody has measured anything."""
    return variant.kind == "quantized" and variant.quality.value is None


def _source(store: WeightStore, weights: Weights) -> str:
    """The first source that is not known to fail here, else why none will do."""
    if weights.name in store.local:
        return "your own file"
    obstacles = []
    for source in weights.sources:
        why = obstacle(source, offline=store.offline)
        if not why:
            return title(source)
        obstacles.append(f"{title(source)}: {why}")
    if weights.recipe:
        named = [f"{part.name} ({_source(store, part)})" for part in weights.inputs[:_NAMED]]
        more = len(weights.inputs) - len(named)
        return " + ".join(named) + (f" + {more} more" if more else "") + " by recipe"
    return f"none ({'; '.join(obstacles) or 'the catalogue names none'})"


def licences(variants: Iterable[Variant]) -> list[LicenceRow]:
    """Every licence of the variants: of their code where it binds, of each file, of what files are made from; an
    input that goes once its file is made, and is under the same licence, is not named by itself."""
    return [_licence(variant, part, licence) for variant in variants for part, licence in _parts(variant)]


def _parts(variant: Variant) -> Iterator[tuple[str, Licence]]:
    if variant.licence is not None:
        yield "code", variant.licence
    for weights in variant.weights:
        yield weights.name, weights.licence
        yield from (
            (part.name, part.licence) for part in weights.inputs if part.kept or part.licence != weights.licence
        )


def _licence(variant: Variant, part: str, licence: Licence) -> LicenceRow:
    return LicenceRow(
        task=variant.task,
        variant=variant.name,
        part=part,
        licence=licence.name,
        commercial=licence.commercial,
        copyleft=licence.copyleft,
        gated=licence.gated,
        region=licence.region,
        verified=licence.verified,
        note=licence.note,
    )
