"""Decides which weights of a checkpoint are stored in fewer bits than are computed with, and readies them for use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch

from rung.models.torch import bits, cast
from rung.models.torch.checkpoint import Checkpoint

Form = Literal["fp8", "int8", "q4"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A weight stored in that form. extras: name below its layer -> name in the checkpoint, of what belongs to it."""

    name: str
    form: Form
    extras: Mapping[str, str]

    @property
    def path(self) -> str:
        """Its layer's path in the module."""
        return self.name.rpartition(".")[0]


def found(checkpoint: Checkpoint) -> Sequence[Stored]:
    """Every such weight, by what lies beside it and not by its dtype alone: whole numbers may also be just numbers."""
    below: dict[str, dict[str, str]] = {}
    for entry in checkpoint.entries:
        for layer, last in _splits(entry.name):
            below.setdefault(layer, {})[last] = entry.name
    stored = (_stored(names, checkpoint) for names in below.values() if "weight" in names)
    return [one for one in stored if one is not None]


def _splits(name: str) -> Sequence[tuple[str, str]]:
    """(layer, name below it), for tensors directly below a layer and for those below its weight."""
    layer, _, last = name.rpartition(".")
    path, sign, below = name.partition(".weight.")
    return [(layer, last), *([(path, f"weight.{below}")] if sign else [])]


def _stored(names: Mapping[str, str], checkpoint: Checkpoint) -> Stored | None:
    weight = checkpoint[names["weight"]]
    if weight.dtype.startswith("F8_"):
        extras = {last: name for last, name in names.items() if last in (*cast.SCALES, *cast.IGNORED)}
        return Stored(name=weight.name, form="fp8", extras=extras)
    if weight.dtype == "I8" and bits.SCALE in names:
        extras = {last: name for last, name in names.items() if last in (bits.SCALE, "weight_format")}
        return Stored(name=weight.name, form="int8", extras=extras)
    if weight.dtype == "U8" and any(last.startswith(bits.STATE) for last in names):
        extras = {last: name for last, name in names.items() if last.startswith("weight.")}
        return Stored(name=weight.name, form="q4", extras=extras)
    return None


def reserve(module: Any, stored: Sequence[Stored], checkpoint: Checkpoint) -> None:
    """Give the module a place for what is stored, where that has another shape than the weight."""
    has = dict(module.named_parameters(remove_duplicate=False))
    for one in stored:
        if one.form == "q4" and one.name in has:
            packed = torch.empty(checkpoint[one.name].shape, device="meta")
            _put(module, has[one.name], _whole(packed))


def ready(module: Any, stored: Sequence[Stored], extras: Mapping[str, Any], kept: str, dtype: Any) -> None:
    """Have each layer compute with what is stored, which it holds by now.

    The whole weight is restored where the layer cannot, and where the form is not the one that is to be `kept`.
    extras: name in the checkpoint -> tensor on the device.
    """
    owners = Counter(id(p) for owner in module.modules() for p in owner._parameters.values())
    for one in stored:
        layer, held = module.get_submodule(one.path), module.get_parameter(one.name)
        own = {below: extras[name] for below, name in one.extras.items()}
        computes = cast.computes if one.form == "fp8" else bits.computes
        if one.form == kept and owners[id(held)] == 1 and computes(layer):
            _install(module, layer, one, own, dtype)
        else:
            _put(module, held, _whole(_restored(held.data, one.form, own, dtype)))


def _install(module: Any, layer: Any, one: Stored, own: Mapping[str, Any], dtype: Any) -> None:
    match one.form:
        case "fp8":
            cast.install(layer, dtype, _scale(own))
        case "int8":
            module.set_submodule(one.path, bits.int8_layer(layer, layer.weight.data, own))
        case "q4":
            module.set_submodule(one.path, bits.q4_layer(layer, layer.weight.data, own, dtype))


def _restored(held: Any, form: Form, own: Mapping[str, Any], dtype: Any) -> Any:
    match form:
        case "fp8":
            return cast.restored(held, dtype, _scale(own))
        case "int8":
            return bits.int8_restored(held, own, dtype)
        case "q4":
            return bits.q4_restored(held, own, dtype)


def _scale(extras: Mapping[str, Any]) -> Any | None:
    return next((extras[name] for name in cast.SCALES if name in extras), None)


def _whole(tensor: Any) -> Any:
    return torch.nn.Parameter(tensor, requires_grad=False)


def _put(module: Any, old: Any, new: Any) -> None:
    """Under every name that the old parameter has."""
    for owner in module.modules():
        for name, parameter in owner._parameters.items():
            if parameter is old:
                owner._parameters[name] = new
