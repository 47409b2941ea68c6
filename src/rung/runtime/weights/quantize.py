"""Makes the files of a variant again with fewer bits, in a process of its own, and writes down what was made.

Under the final names there are only whole files, and the record comes last: a quantization that was killed leaves
nothing that a plan would see.
"""

from __future__ import annotations

import datetime
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rung.runtime.errors import Conflict, WeightsError, WeightsMissing
from rung.runtime.planning.precisions import FEW_BITS, devices, precisions
from rung.runtime.planning.words import listed, size
from rung.runtime.spec import Precision, Variant, Weights
from rung.runtime.weights import manifest, quantized
from rung.runtime.weights.landing import aside, settle, sha256_of
from rung.runtime.weights.lock import exclusive
from rung.runtime.weights.progress import Progress, Report, silent
from rung.runtime.weights.quantized import Made, Record, derived_name
from rung.runtime.weights.store import WeightStore

Recipes = Mapping[str, Mapping[str, str]]
"""Ending of a file's name -> precision -> recipe."""

_POLL_S = 0.2
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
class _Work:
    """One file to be made: in whose place, by which recipe, of what."""

    source: Weights
    recipe: str
    inputs: tuple[Weights, ...]


def quantize(
    store: WeightStore, variant: Variant, precision: Precision, recipes: Recipes, report: Report = silent
) -> Record:
    """The record of what was made; blocks. What was made before of the same files is made anew.

    Conflict says why a variant cannot be quantized so, WeightsMissing that its files are not here, WeightsError why
    it failed.
    """
    work = _work(variant, precision, recipes)
    paths = {weights.name: _path(store, variant, weights) for one in work for weights in one.inputs}
    _check_room(store, work)
    waiting = f"the store, for {variant.name}"
    with exclusive(store.layout.lock, lambda who: report(Progress(name=waiting, stage="waiting", detail=who))):
        made = [_make(store, variant, precision, one, paths, report) for one in work]
    record = Record(
        variant=variant.name,
        precision=precision,
        files=tuple(file for file, _ in made),
        libraries={name: version for _, libraries in made for name, version in libraries.items()},
        at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )
    quantized.write(store.layout, record)
    return record


def _work(variant: Variant, precision: Precision, recipes: Recipes) -> Sequence[_Work]:
    refusal = _refusal(variant, precision)
    if refusal:
        raise Conflict(refusal, variant=variant.name, precision=precision)
    work, why = [], []
    for weights in (w for w in variant.weights if not w.beside):
        ending = PurePosixPath(weights.name).suffix
        recipe = recipes.get(ending, {}).get(precision, "")
        if recipe:
            beside = [w for w in variant.weights if w.beside == weights.name]
            work.append(_Work(source=weights, recipe=recipe, inputs=(weights, *beside)))
        elif ending in recipes:
            why.append(f"{weights.name}: {ending} files can be made {listed(sorted(recipes[ending]))}, not {precision}")
        elif ending in _APART:
            why.append(f"{weights.name}: {_APART[ending]}")
    if why or not work:
        because = "; ".join(why) or f"it has no file of a kind that can be ({listed(sorted(recipes))})"
        raise Conflict(f"{variant.name} cannot be quantized to {precision}: {because}.", variant=variant.name)
    return work


def _refusal(variant: Variant, precision: Precision) -> str:
    """Why not, before a file is looked at; empty: it may be tried."""
    name, kinds = variant.name, {place.device for place in variant.places}
    if variant.kind != "real":
        return f"{name} is {variant.kind}, not a real model: quantize the one that it stands in for."
    if variant.components:
        return (
            f"{name} is a pipeline of {len(variant.components)} components, and only models of one piece are quantized."
        )
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


def _path(store: WeightStore, variant: Variant, weights: Weights) -> Path:
    found = store.find(weights)
    if found.state == "local" and not found.verified:
        raise Conflict(
            f"{weights.name} is a file of your own, whose bytes are not the catalogue's; only those are quantized.",
            variant=variant.name,
        )
    if not found.usable:
        raise WeightsMissing(f"{weights.name} is not here: `rung weights pull {variant.name}` brings it.")
    return found.path


def _check_room(store: WeightStore, work: Sequence[_Work]) -> None:
    """The sources' bytes are more than enough."""
    wanted = sum(weights.size for one in work for weights in one.inputs)
    free = shutil.disk_usage(store.layout.root).free
    if free < wanted:
        raise WeightsError(f"up to {size(wanted)} are needed below {store.layout.root}, and {size(free)} are free.")


def _make(
    store: WeightStore, variant: Variant, precision: Precision, work: _Work, paths: Mapping[str, Path], report: Report
) -> tuple[Made, Mapping[str, str]]:
    name = f"{derived_name(variant.name, precision)}/{PurePosixPath(work.source.name).name}"
    target = store.layout.file(name)
    inputs = {weights.name: weights.sha256 for weights in work.inputs}
    with aside(target) as temporary:
        with _told(name, work.recipe, temporary, report):
            libraries = store.run_recipe(work.recipe, {name: paths[name] for name in inputs}, temporary)
        if not temporary.is_file():
            raise WeightsError(f"the recipe {work.recipe} ended well and wrote no file")
        sha256 = sha256_of(temporary)
        settle(temporary, target)
    about = manifest.describe(target, name, sha256, recipe=work.recipe, inputs=inputs, libraries=dict(libraries))
    manifest.write(store.layout.manifest(name), about)
    report(Progress(name=name, stage="done", done=about.size, total=about.size))
    made = Made(name=name, source=work.source.name, size=about.size, sha256=sha256, recipe=work.recipe, inputs=inputs)
    return made, libraries


@contextmanager
def _told(name: str, recipe: str, out: Path, report: Report) -> Iterator[None]:
    """While it is made, how many bytes of it there are; how many there will be nobody knows."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_POLL_S):
            done = out.stat().st_size if out.exists() else 0
            report(Progress(name=name, stage="converting", done=done, detail=recipe))

    report(Progress(name=name, stage="converting", detail=recipe))
    watcher = threading.Thread(target=watch, name="quantize-progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
