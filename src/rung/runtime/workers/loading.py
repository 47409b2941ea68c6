"""Decides what a worker does to get its model ready: imports, limits, the loader, the context.

Imports the standard library and numpy only: the worker's side uses it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rung.runtime.errors import LoadFailed
from rung.runtime.model import Context, Member, Model
from rung.runtime.spec import Component
from rung.runtime.workers import ceiling, genuine
from rung.runtime.workers.answering import FunctionModel
from rung.runtime.workers.foreign import foreign
from rung.runtime.workers.limits import limit_threads
from rung.runtime.workers.rehearsal import Rehearsal, warm_up


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the server tells a worker to load: plain values, the fields of `Context` and what goes before them."""

    loader: str
    runtime: str
    modules: tuple[str, ...]
    extra: str
    variant: str
    task: str
    device: str
    precision: str
    threads: int
    weights: Mapping[str, str]
    hashes: Mapping[str, str]
    """Weights.name -> sha256; a file that is not named is the user's own."""
    memory_limit: int | None
    caps: Mapping[str, int]
    options: Mapping[str, Any]
    max_concurrent: int
    memo_bytes: int
    members: Sequence[Mapping[str, Any]] = ()
    """The fields of each `Member`. One, unless the worker is a group's."""
    room: int | None = None
    rehearsals: Sequence[Mapping[str, Any]] = ()
    """The fields of each member's `Rehearsal`."""

    def rehearsed(self) -> Sequence[Rehearsal]:
        """Each member's example, and how often it is run before the load is done."""
        return [Rehearsal(**one) for one in self.rehearsals]

    def context(self) -> Context:
        """What the model is told. A CUDA device is always number 0: the mask hides the others."""
        return Context(
            variant=self.variant,
            task=self.task,
            device="cuda:0" if self.device.startswith("cuda") else self.device,
            precision=self.precision,
            threads=self.threads,
            weights={name: Path(path) for name, path in self.weights.items()},
            caps=self.caps,
            options=self.options,
            members={one["variant"]: _member(one) for one in self.members},
            room=self.room,
        )


def _member(values: Mapping[str, Any]) -> Member:
    paths = {name: Path(path) for name, path in values["weights"].items()}
    components = tuple(Component(**{**one, "weights": tuple(one["weights"])}) for one in values["components"])
    own = {"weights": paths, "components": components, "fallbacks": tuple(values["fallbacks"])}
    return Member(**{**values, **own})


def load(order: Order, is_ending: Callable[[], bool] = lambda: False) -> Model:
    """The model, ready and warm. Raises WeightsMissing, WeightsCorrupt, LoadFailed, OutOfMemory, or the RungError that
    the model raised; Cancelled when the worker is to end while it warms up.

    Limits are set before the model loads, that of threads again after: it may have imported a library with a pool.
    """
    for module in order.modules:
        import_module(order.runtime, module, order.extra)
    for name, path in order.weights.items():  # the plan saw the files; they may have gone or changed since
        genuine.check(name, Path(path), order.hashes.get(name, ""), order.variant)
    limit_threads(order.threads)
    ceiling.limit_memory(order.memory_limit)
    with foreign(LoadFailed, f"Loading {order.variant}"):
        model = _resolve(order.loader)
        model.load(order.context())
    limit_threads(order.threads)
    warm_up(model, order.rehearsed(), is_ending)
    return model


def import_module(runtime: str, module: str, extra: str) -> None:
    """Raises LoadFailed with the extra that brings it."""
    try:
        importlib.import_module(module)
    except ImportError as error:
        raise LoadFailed(missing(runtime, module, extra, str(error)), module=module) from error


def missing(runtime: str, module: str, extra: str, cause: str) -> str:
    """The sentence for a library that is not there."""
    remedy = f": pip install 'rung[{extra}]'" if extra else " in its interpreter"
    return f"The runtime {runtime} needs the module {module}, which cannot be imported ({cause}). Install it{remedy}."


def _resolve(loader: str) -> Model:
    module, _, name = loader.partition(":")
    found = getattr(importlib.import_module(module), name)
    model: Model = found() if isinstance(found, type) else FunctionModel(found)
    return model
