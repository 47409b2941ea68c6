"""`[variant.NAME]`: what the user fixes for one variant, checked against the catalogue where it is known."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, get_args

from rung.runtime.config import checks
from rung.runtime.config.checks import Check, Wrong, nearest
from rung.runtime.config.reader import Table
from rung.runtime.settings import ALL, Preload, VariantSettings
from rung.runtime.spec import Precision, Strategy, Variant, Weights

CAPS = ("side", "batch", "steps")
_MANY = 10**9
_WARMUPS = 100
_DEVICES = 64
"""More than one machine has."""
_PRECISION = checks.one_of(*get_args(Precision))
_STRATEGY = checks.one_of(*get_args(Strategy))


class Catalogue:
    """The names that exist, as checks. What we were not told is not checked."""

    def __init__(self, variants: Collection[str] | Mapping[str, Variant], tasks: Collection[str]) -> None:
        self.known: Mapping[str, Variant] = variants if isinstance(variants, Mapping) else {}
        self.variant = checks.known_name(variants, "variant")
        self.task = checks.known_name(tasks, "task")

    def variant_of(self, task: str) -> Check[str]:
        """A variant's name; of that task, where the variants are known."""
        own = [name for name, variant in self.known.items() if variant.task == task]

        def check(value: Any) -> str:
            name = self.variant(value)
            if self.known and name not in own:
                raise Wrong(f"is a variant of {self.known[name].task}{nearest(name, own)}")
            return name

        return check

    def option_of(self, variant: str) -> Check[str] | None:
        """An option that the variant declares; None where the variant is not known."""
        return checks.one_of(*self.known[variant].options) if variant in self.known else None

    def cap_of(self, variant: str) -> Check[str]:
        """A cap that the variant heeds: an accepted one that changed nothing would be a lie."""
        if variant not in self.known:
            return checks.one_of(*CAPS)
        heeded = {name for place in self.known[variant].places for name in place.caps}
        return checks.one_of(*sorted(heeded | ({"batch"} if self.known[variant].max_batch > 1 else set())))

    def preload(self, value: Any) -> Preload:
        """`VARIANT`, `VARIANT@DEVICE` or `VARIANT@all`."""
        name, at, device = checks.text(value).partition("@")
        if at and device != ALL:
            device = checks.device_id(device)
        return Preload(variant=self.variant(name), device=device)

    def files_of(self, variant: str) -> tuple[list[str], list[str]]:
        """The names of its weight files, and of what lies beside them or recipes make them from; none where it is not
        known."""
        weights = self.known[variant].weights if variant in self.known else ()
        beside = [w.name for w in weights if w.beside]
        inputs = dict.fromkeys(name for w in weights for name in _input_names(w))
        return [w.name for w in weights if not w.beside], [*beside, *inputs]


def _input_names(weights: Weights) -> list[str]:
    return [name for w in weights.inputs for name in (w.name, *_input_names(w))]


def read_variant(name: str, table: Table, folder: Path, catalogue: Catalogue) -> VariantSettings:
    """The settings of one variant. folder: relative weight paths start there."""
    settings = VariantSettings(
        weights=_weights(table, folder, catalogue.files_of(name)),
        device=table.take("device", checks.device_or_auto, "auto"),
        precision=table.take("precision", _PRECISION, None),
        threads=table.take("threads", checks.THREADS, None),
        options=table.mapping("options", checks.plain, catalogue.option_of(name)),
        env=table.mapping("env", checks.environment_value, _variable),
        caps=table.mapping("caps", checks.integer(1, _MANY), catalogue.cap_of(name)),
        force=table.take("force", checks.boolean, False),
        memory_limit=table.take("memory_limit", checks.size, None),
        max_calls=table.take("max_calls", checks.integer(1, _MANY), None),
        warmup=table.take("warmup", checks.integer(0, _WARMUPS), None),
        load_limit_s=table.take("load_limit_s", checks.number(0.1, _MANY), None),
        ttl_s=table.take("ttl_s", checks.number(1, _MANY), None),
        pinned=table.take("pinned", checks.boolean, False),
        replicas=table.take("replicas", _replicas, 1),
        strategy=table.take("strategy", _STRATEGY, None),
    )
    table.close()
    return settings


def _replicas(value: Any) -> int:
    """A number of devices, or `all`."""
    try:
        return _DEVICES if value == ALL else checks.integer(1, _DEVICES)(value)
    except Wrong as wrong:
        raise Wrong(f"wants 'all', or on how many devices it may be: a whole number from 1 to {_DEVICES}") from wrong


def _weights(table: Table, folder: Path, files: tuple[list[str], list[str]]) -> Mapping[str, str]:
    """Weights.name -> local file, absolute. Where the names are unknown, the key is what the user wrote;
    one path for the only file is then the empty ending."""

    def local(value: Any) -> str:
        path = (folder / Path(checks.text(value)).expanduser()).resolve()
        if not path.is_file():
            raise Wrong(f"is no file (looked for {path})")
        return str(path)

    if isinstance(table.values.get("weights"), str):
        path = table.take("weights", local, "")
        found = {"": path} if path else {}
    else:
        found = table.mapping("weights", local)
    return {_full_name(key, files, table): path for key, path in found.items()} if files[0] else found


def _full_name(key: str, files: tuple[list[str], list[str]], table: Table) -> str:
    """The one file that the key means: the variant's own before what lies beside them and its recipes' inputs."""
    own, inputs = (_fitting(key, names) for names in files)
    fitting = own or inputs
    if len(fitting) == 1:
        return fitting[0]
    names = files[0] + files[1]
    what = f"{key!r} fits {len(fitting)} of its files" if key else f"one path, but it has {len(files[0])} files"
    sentence = f"weights: {what}; its files are {', '.join(names)}{nearest(key, names)}"
    table.report.add((*table.path, "weights", key) if key else (*table.path, "weights"), sentence)
    return key


def _fitting(key: str, names: list[str]) -> list[str]:
    return [name for name in names if name == key] or [name for name in names if name.endswith(key)]


def _variable(name: Any) -> str:
    if not str(name).isidentifier():
        raise Wrong("is no name of an environment variable")
    return str(name)
