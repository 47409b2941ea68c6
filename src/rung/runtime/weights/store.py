"""The weight store: what is here, what is missing, and how it comes here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rung.runtime.errors import ConfigError, WeightsError
from rung.runtime.sections import section
from rung.runtime.settings import Settings, VariantSettings
from rung.runtime.spec import Variant, Weights
from rung.runtime.weights import refusals
from rung.runtime.weights.layout import Layout
from rung.runtime.weights.presence import Found, look, look_local
from rung.runtime.weights.progress import Report, silent
from rung.runtime.weights.pull import Puller, with_inputs
from rung.runtime.weights.recipe import RunRecipe, run_in_process


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightStore:
    """Weight files of one cache folder. Every method blocks: call `pull` and `verify` in a thread from async code.

    local: Weights.name -> the user's own file. A file is known by its name: what the user names for one variant
    serves every variant that uses the same weight.
    """

    layout: Layout
    offline: bool = False
    local: Mapping[str, Path] = field(default_factory=dict)
    run_recipe: RunRecipe = run_in_process

    def find(self, weights: Weights, *, fully: bool = False) -> Found:
        """What lies there for this weight. `fully` reads every byte instead of trusting a stamp."""
        own = self.local.get(weights.name)
        return (
            look(self.layout, weights, fully=fully)
            if own is None
            else look_local(self.layout, weights, own, fully=fully)
        )

    def present(self, weights: Weights) -> Path | None:
        """The path a model may be given, None if the file is missing or not the catalogue's."""
        found = self.find(weights)
        return found.path if found.usable else None

    def paths(self, variants: Iterable[Variant]) -> dict[str, str]:
        """For `Facts.weights`: Weights.name -> absolute path, of those files of the variants that are here."""
        wanted = {weights.name: weights for variant in variants for weights in self.needed(variant.weights)}
        found = {name: self.present(weights) for name, weights in wanted.items()}
        return {name: str(path) for name, path in found.items() if path is not None}

    def needed(self, wanted: Iterable[Weights]) -> list[Weights]:
        """Without those that only a file would read in whose place the user put his own."""
        return [weights for weights in wanted if weights.beside not in self.local]

    def verify(self, weights: Weights) -> Found:
        """Every byte read. WeightsCorrupt with both hashes; a missing file comes back as `missing`."""
        found = self.find(weights, fully=True)
        if found.state == "corrupt":
            raise refusals.stranger(found)
        return found

    def pull(self, wanted: Collection[Weights], report: Report = silent) -> dict[str, Path]:
        """Bring the files here: Weights.name -> path. Raises the first WeightsError, after trying them all."""
        came = self.pull_each(wanted, report)
        for outcome in came.values():
            if isinstance(outcome, WeightsError):
                raise outcome
        return {name: outcome for name, outcome in came.items() if isinstance(outcome, Path)}

    def pull_each(self, wanted: Collection[Weights], report: Report = silent) -> dict[str, Path | WeightsError]:
        """Like `pull`, but each file answers for itself. What is here already costs no lock and no network."""
        wanted = self.needed(wanted)
        here = {weights.name: self.present(weights) for weights in wanted}
        missing = {weights.name: weights for weights in wanted if here[weights.name] is None}
        came: dict[str, Path | WeightsError] = {name: path for name, path in here.items() if path is not None}
        if missing:
            came |= self._puller(tuple(missing.values()), report).pull()
        return came

    def _puller(self, wanted: tuple[Weights, ...], report: Report) -> Puller:
        return Puller(
            layout=self.layout,
            offline=self.offline,
            local=self.local,
            run_recipe=self.run_recipe,
            report=report,
            wanted=wanted,
        )


def layout_in(cache_dir: str) -> Layout:
    """Where the store of that cache folder lies."""
    return Layout((Path(cache_dir).expanduser() / "weights").absolute())


def open_store(settings: Settings, variants: Iterable[Variant], run_recipe: RunRecipe = run_in_process) -> WeightStore:
    """The store that the settings describe: below `cache_dir`, touching nothing until it is asked.

    variants: the catalogue, to resolve `[variant.NAME] weights`. ConfigError for an entry that fits no file.
    """
    return WeightStore(
        layout=layout_in(settings.cache_dir),
        offline=settings.offline,
        local={name: path for variant in variants for name, path in _local(settings, variant)},
        run_recipe=run_recipe,
    )


def _local(settings: Settings, variant: Variant) -> Iterator[tuple[str, Path]]:
    """The variant's own entries, each ending resolved to the one file that it names: its own before what lies beside
    them or is a recipe's input."""
    own = [weights.name for weights in variant.weights if not weights.beside]
    rest = sorted({weights.name for weights in with_inputs(variant.weights)} - {*own})
    for ending, path in settings.variants.get(variant.name, VariantSettings()).weights.items():
        fits = _fitting(ending, own) or _fitting(ending, rest)
        if len(fits) != 1:
            raise ConfigError(
                f"{settings.source or 'configuration'}: {section(variant.name)} weights: {ending!r} fits "
                f"{len(fits)} of its files ({', '.join([*own, *rest]) or 'it has none'}); name exactly one",
                key=f"variant.{variant.name}.weights.{ending}",
            )
        yield fits[0], Path(path).expanduser().absolute()


def _fitting(ending: str, names: Sequence[str]) -> list[str]:
    return [name for name in names if name == ending] or [name for name in names if name.endswith(ending)]
