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
from pathlib import Path

from rung.runtime.errors import Conflict, WeightsError, WeightsMissing
from rung.runtime.planning.words import size
from rung.runtime.spec import Precision, Variant, Weights
from rung.runtime.weights import manifest, quantized
from rung.runtime.weights.fewer import Recipes, Work, works
from rung.runtime.weights.landing import aside, settle, sha256_of
from rung.runtime.weights.lock import exclusive
from rung.runtime.weights.progress import Progress, Report, silent
from rung.runtime.weights.quantized import Made, Record
from rung.runtime.weights.store import WeightStore

_POLL_S = 0.2


def quantize(
    store: WeightStore, variant: Variant, precision: Precision, recipes: Recipes, report: Report = silent
) -> Record:
    """The record of what was made; blocks. What was made before of the same files is made anew.

    A file in which nothing is worth it, for which its recipe writes none, stays as it is. Conflict says why a variant
    cannot be quantized so, WeightsMissing that its files are not here, WeightsError why it failed.
    """
    work = works(variant, precision, recipes)
    paths = {weights.name: _path(store, variant, weights) for one in work for weights in one.inputs}
    _check_room(store, work)
    waiting = f"the store, for {variant.name}"
    with exclusive(store.layout.lock, lambda who: report(Progress(name=waiting, stage="waiting", detail=who))):
        came = [_make(store, one, paths, report) for one in work]
    made = [one for one in came if one is not None]
    if not made:
        raise WeightsError(f"{variant.name} cannot be quantized to {precision}: no file of it has a weight worth it.")
    record = Record(
        variant=variant.name,
        precision=precision,
        files=tuple(file for file, _ in made),
        libraries={name: version for _, libraries in made for name, version in libraries.items()},
        at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )
    quantized.write(store.layout, record)
    return record


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


def _check_room(store: WeightStore, work: Sequence[Work]) -> None:
    """The sources' bytes are more than enough."""
    wanted = sum(weights.size for one in work for weights in one.inputs)
    free = shutil.disk_usage(store.layout.root).free
    if free < wanted:
        raise WeightsError(f"up to {size(wanted)} are needed below {store.layout.root}, and {size(free)} are free.")


def _make(
    store: WeightStore, work: Work, paths: Mapping[str, Path], report: Report
) -> tuple[Made, Mapping[str, str]] | None:
    name, target = work.name, store.layout.file(work.name)
    inputs = {weights.name: weights.sha256 for weights in work.inputs}
    with aside(target) as temporary:
        with _told(name, work.recipe, temporary, report):
            libraries = store.run_recipe(work.recipe, {name: paths[name] for name in inputs}, temporary)
        if not temporary.is_file():
            report(Progress(name=name, stage="done", detail="nothing in it is worth it: it stays as it is"))
            return None
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
