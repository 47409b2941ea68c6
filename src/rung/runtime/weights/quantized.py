"""Owns the records of what was quantized on this machine, and the variants that follow from them.

A record says of what, how and with which hashes; its variant has the same code, fewer bits, and a quality that nobody
has measured. It stands right below its source in the ladder.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import get_args

from rung.runtime.errors import WeightsError
from rung.runtime.planning.precisions import devices
from rung.runtime.spec import Component, Footprint, Placeable, Precision, Quality, Variant, Weights
from rung.runtime.weights.layout import Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One file. name: in the store. source: the Weights.name in whose place it stands. inputs: name -> sha256."""

    name: str
    source: str
    size: int
    sha256: str
    recipe: str
    inputs: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """libraries: name -> version, of what took part. at: when, in UTC.

    off: how far its answer to one example lay from its source's, as a share of that; None: nobody compared.
    """

    variant: str
    precision: Precision
    files: tuple[Made, ...]
    libraries: Mapping[str, str]
    at: str
    off: float | None = None

    @property
    def name(self) -> str:
        """Of the variant that follows."""
        return derived_name(self.variant, self.precision)


def derived_name(variant: str, precision: str) -> str:
    """`u2netp-int8`."""
    return f"{variant}-{precision}"


def write(layout: Layout, record: Record) -> None:
    """Whole or not at all; it takes the place of an older one."""
    path = layout.quantized / f"{record.name}.json"
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(asdict(record), indent=2, sort_keys=True) + "\n", "utf-8")
        os.replace(temporary, path)
    except OSError as error:
        raise WeightsError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)


def records(layout: Layout) -> tuple[tuple[Record, ...], tuple[str, ...]]:
    """All that can be read, by name, and a sentence for each that cannot: a damaged one must not stop a server."""
    found, damaged = [], []
    for path in sorted(layout.quantized.glob("*.json")):
        try:
            found.append(_read(path))
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            damaged.append(
                f"{path} is damaged ({type(error).__name__}: {error}): delete it, and quantize the variant anew."
            )
    return tuple(found), tuple(damaged)


def _read(path: Path) -> Record:
    values = json.loads(path.read_text("utf-8"))
    record = Record(**{**values, "files": tuple(Made(**file) for file in values["files"])})
    if record.precision not in get_args(Precision):
        raise ValueError(f"there is no precision {record.precision!r}")
    return record


def with_quantized(
    ladders: Mapping[str, tuple[Variant, ...]], made: Iterable[Record]
) -> Mapping[str, tuple[Variant, ...]]:
    """The ladders, each derived variant right below its source. One whose source has changed or gone is left out."""
    by_source: dict[str, list[Record]] = {}
    for record in made:
        by_source.setdefault(record.variant, []).append(record)
    taken = {variant.name for ladder in ladders.values() for variant in ladder}
    return {task: tuple(_below(ladder, by_source, taken)) for task, ladder in ladders.items()}


def left_out(ladders: Mapping[str, tuple[Variant, ...]], made: Iterable[Record]) -> tuple[str, ...]:
    """A sentence for each record that has no variant in these ladders, which are those without what was quantized."""
    sources = {variant.name: variant for ladder in ladders.values() for variant in ladder}
    return tuple(sentence for record in made if (sentence := _why_not(sources, record)))


def _why_not(sources: Mapping[str, Variant], record: Record) -> str:
    if record.variant not in sources:
        return f"{record.name} was made of {record.variant}, which is no variant any more."
    if record.name in sources:
        return f"{record.name} was made here, and the catalogue has a variant of that name by now."
    if derive(sources[record.variant], record) is None:
        return f"{record.name} was made of other files than {record.variant} has now: quantize it anew."
    return ""


def _below(ladder: Iterable[Variant], made: Mapping[str, list[Record]], taken: set[str]) -> Iterator[Variant]:
    for variant in ladder:
        yield variant
        for record in made.get(variant.name, ()):
            derived = derive(variant, record)
            if derived is not None and derived.name not in taken:
                yield derived


def derive(source: Variant, record: Record) -> Variant | None:
    """The variant of the record; None where its files were made of others than the source has now."""
    if not _current(source, record):
        return None
    stands_for = {made.source: made for made in record.files}
    weights = [
        _weights(source, weights, stands_for[weights.name]) if weights.name in stands_for else weights
        for weights in source.weights
        if not _merged(weights, stands_for)
    ]
    how = ", ".join(sorted({made.recipe.partition(":")[0].rpartition(".")[2] for made in record.files}))
    return replace(
        source,
        name=record.name,
        title=f"{source.title}, {record.precision} (made here)",
        kind="quantized",
        places=tuple(_places(source, record)),
        weights=tuple(weights),
        components=tuple(_component(source, component, stands_for) for component in source.components),
        quality=Quality(
            value=None, source=f"unmeasured: made of {source.name} on this machine by {how}{_off(source, record)}"
        ),
    )


def _off(source: Variant, record: Record) -> str:
    return "" if record.off is None else f"; its answer to one example was {record.off:.1%} off that of {source.name}"


def _current(source: Variant, record: Record) -> bool:
    hashes = {weights.name: weights.sha256 for weights in source.weights}
    used = {name: sha256 for made in record.files for name, sha256 in made.inputs.items()}
    return bool(used) and all(hashes.get(name) == sha256 for name, sha256 in used.items())


def _merged(weights: Weights, stands_for: Mapping[str, Made]) -> bool:
    """Whether it is an input of a file in another's place: data that are inside the derived graph."""
    return weights.name not in stands_for and any(weights.name in made.inputs for made in stands_for.values())


def _weights(source: Variant, weights: Weights, made: Made) -> Weights:
    return Weights(
        name=made.name,
        size=made.size,
        sha256=made.sha256,
        licence=weights.licence,
        recipe=made.recipe,
        inputs=tuple(w for w in source.weights if w.name in made.inputs),
        pulled=False,
    )


def _places(source: Variant, record: Record) -> Iterator[Placeable]:
    """One for each kind of device on which the source runs and the precision exists. Latency is anybody's guess."""
    less = _saved(source, record)
    for place in {place.device: place for place in reversed(source.places)}.values():
        if place.device in devices(source.runtime, record.precision):
            yield Placeable(
                device=place.device,
                precision=record.precision,
                footprint=_shrunk(place.footprint, less),
                caps=place.caps,
            )


def _saved(source: Variant, record: Record) -> int:
    """Bytes of memory: of the components where there are any, else of the files."""
    if source.components:
        stands_for = {made.source: made for made in record.files}
        return sum(c.bytes - _component(source, c, stands_for).bytes for c in source.components)
    used = {name for made in record.files for name in made.inputs}
    return sum(w.size for w in source.weights if w.name in used) - sum(made.size for made in record.files)


def _component(source: Variant, component: Component, stands_for: Mapping[str, Made]) -> Component:
    """What becomes of it: the bytes of its files by now, and another content. One of which nothing was made is the
    same, so that a group's worker has it once."""
    made = [stands_for[name] for name in component.weights if name in stands_for]
    if not made:
        return component
    merged = {name for one in made for name in one.inputs}
    left = [w for w in source.weights if w.name in component.weights and w.name not in merged]
    now = min(component.bytes, sum(one.size for one in made) + sum(w.size for w in left))
    return replace(
        component,
        bytes=now,
        key="+".join([*(one.sha256 for one in made), *(w.sha256 for w in left)]),
        weights=(*(one.name for one in made), *(w.name for w in left)),
        block=component.block * now // max(1, component.bytes),
    )


def _shrunk(footprint: Footprint, less: int) -> Footprint:
    """What the files lost is lost in memory too, where the source held them as they are: at least a quarter stays."""
    return replace(footprint, resident=max(footprint.resident - max(less, 0), footprint.resident // 4))
