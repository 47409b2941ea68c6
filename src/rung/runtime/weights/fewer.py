"""Decides which files of a variant are made again with fewer bits, each of what and under which name. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from rung.runtime.errors import Conflict
from rung.runtime.planning.precisions import FEW_BITS, devices, precisions
from rung.runtime.planning.words import listed
from rung.runtime.spec import Precision, Variant, Weights
from rung.runtime.weights.quantized import derived_name

Recipes = Mapping[str, Mapping[str, str]]
"""Ending of a file's name -> precision -> recipe."""

WORTH = 1 / 20
"""Of a pipeline's bytes; a component with less stays whole. Little would be gained, and it is the decoder of pictures,
where rounding is seen most."""

_INDEX = ".index.json"
_SHARD = re.compile(r"-\d{5}-of-\d{5}(?=\.)")
_APART = {
    ".ort": "an .ort file is laid out for one ONNX Runtime: quantize the .onnx that it was made of",
    ".pth": "a pickle is not read: turn it into safetensors first",
    ".pt": "a pickle is not read: turn it into safetensors first",
    ".bin": "a pickle is not read: turn it into safetensors first",
    ".gguf": "GGUF files are quantized where they are published: name the one with fewer bits in the catalogue",
    ".tflite": "a .tflite is quantized when it is exported",
}
"""Endings of weights that no recipe takes, and what to do instead. Files that are no weights are taken over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One file to be made: its name, in whose place, by which recipe, of what."""

    name: str
    source: Weights
    recipe: str
    inputs: tuple[Weights, ...]


def works(variant: Variant, precision: Precision, recipes: Recipes) -> Sequence[Work]:
    """Every file to be made. Raises Conflict with why there is none."""
    refusal = _refusal(variant, precision)
    if refusal:
        raise Conflict(refusal, variant=variant.name, precision=precision)
    small, found, why = _small(variant), [], []
    for inputs in _files(variant):
        source = next(w for w in inputs if not w.name.endswith(_INDEX))
        ending = PurePosixPath(source.name).suffix
        if recipe := recipes.get(ending, {}).get(precision, ""):
            found += [] if source.name in small else [(source, recipe, inputs)]
        elif ending in recipes:
            why.append(f"{source.name}: {ending} files can be made {listed(sorted(recipes[ending]))}, not {precision}")
        elif ending in _APART:
            why.append(f"{source.name}: {_APART[ending]}")
    if why or not found:
        because = "; ".join(why) or f"it has no file of a kind that can be ({listed(sorted(recipes))})"
        raise Conflict(f"{variant.name} cannot be quantized to {precision}: {because}.", variant=variant.name)
    names = _names(derived_name(variant.name, precision), [source.name for source, _, _ in found])
    return [
        Work(name=names[source.name], source=source, recipe=recipe, inputs=inputs) for source, recipe, inputs in found
    ]


def _refusal(variant: Variant, precision: Precision) -> str:
    """Why not, before a file is looked at; empty: it may be tried."""
    name, kinds = variant.name, {place.device for place in variant.places}
    if variant.kind != "real":
        return f"{name} is {variant.kind}, not a real model: quantize the one that it stands in for."
    if precision not in FEW_BITS:
        return f"{precision} is not fewer bits: {listed(sorted(FEW_BITS))} are."
    if not devices(variant.runtime, precision) & kinds:
        others: list[str] = sorted({p for kind in kinds for p in precisions(variant.runtime, kind)})
        has = f"; it has {listed(others)}" if others else ""
        runs: list[str] = sorted(kinds)
        return (
            f"{name} cannot be quantized to {precision}: the runtime {variant.runtime} has no {precision} path on "
            f"{listed(runs)}, where it runs{has}."
        )
    return ""


def _small(variant: Variant) -> set[str]:
    """The files of components that are not worth it."""
    whole = sum(component.bytes for component in variant.components)
    return {name for c in variant.components if c.bytes < WORTH * whole for name in c.weights}


def _files(variant: Variant) -> Iterator[tuple[Weights, ...]]:
    """What stands for one file: a graph with its data, the shards of a checkpoint with their index, or one alone.

    An index says which shard has which tensor. It would be wrong of what is made, so that is one file without any.
    """
    indexed = {_folder(w): w for w in variant.weights if w.name.endswith(_INDEX)}
    for weights in variant.weights:
        index = indexed.get(_folder(weights))
        sharded = [w for w in variant.weights if index is not None and _shard_of(w, index)]
        if weights is index:
            yield from [(index, *sharded)] if sharded else []
        elif weights not in sharded and not weights.beside:
            yield (weights, *(w for w in variant.weights if w.beside == weights.name))


def _folder(weights: Weights) -> PurePosixPath:
    return PurePosixPath(weights.name).parent


def _shard_of(weights: Weights, index: Weights) -> bool:
    ending = PurePosixPath(index.name.removesuffix(_INDEX)).suffix
    return _folder(weights) == _folder(index) and PurePosixPath(weights.name).suffix == ending


def _names(folder: str, sources: Iterable[str]) -> Mapping[str, str]:
    """Where each is made: below its variant's folder as below the source's first, so that components stay apart."""
    parts = {source: PurePosixPath(source).parts for source in sources}
    short = {source: PurePosixPath(*(own[1:] or own)) for source, own in parts.items()}
    twice = {path for path, count in Counter(short.values()).items() if count > 1}
    return {
        source: f"{folder}/{_SHARD.sub('', str(PurePosixPath(source) if path in twice else path))}"
        for source, path in short.items()
    }
