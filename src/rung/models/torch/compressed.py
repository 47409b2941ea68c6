"""Decides which weights of a checkpoint are stored in fewer bits than are computed with, and which layers of a module
compute from what is stored; the other weights are made whole as they come to the device."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch

from rung.models.torch import bits, cast
from rung.models.torch.checkpoint import Checkpoint, open_checkpoint
from rung.models.torch.header import Entry
from rung.models.torch.homes import STORED, Home, check_shape, slots_of
from rung.models.torch.lane import DTYPES, Lane

Form = Literal["fp8", "int8", "q4"]
Read = Callable[[str, Any], Any]
"""(name of a tensor, torch dtype or None for its own) -> the tensor on its device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A weight stored in that form. shape: of the whole weight. about: what the file says of its 4 bits.

    extras: name below its layer -> name in the checkpoint, of what belongs to it.
    """

    name: str
    form: Form
    shape: tuple[int, ...]
    extras: Mapping[str, str]
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where what a module holds comes from: a tensor of the checkpoint, as `dtype` or, with None, as it is stored.

    stored: the weight has to be made whole, in `dtype`, of that.
    """

    tensor: str
    dtype: Any = None
    stored: Stored | None = None

    def fetch(self, read: Read) -> Any:
        """It on the device from which is read."""
        if self.stored is None:
            return read(self.tensor, self.dtype)
        extras = {below: read(name, None) for below, name in self.stored.extras.items()}
        return _restored(self.stored, read(self.tensor, None), extras, self.dtype)


def holds(paths: Iterable[Path], form: str) -> bool:
    """Whether these files hold a weight stored in that form. Raises what `open_checkpoint` raises."""
    with open_checkpoint(paths) as checkpoint:
        return any(one.form == form for one in found(checkpoint))


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
    path, sign, below = f".{name}".partition(".weight.")
    return [(layer, last), *([(path.removeprefix("."), f"weight.{below}")] if sign else [])]


def _stored(names: Mapping[str, str], checkpoint: Checkpoint) -> Stored | None:
    weight = checkpoint[names["weight"]]
    if weight.dtype.startswith("F8_"):
        extras = {last: name for last, name in names.items() if last in (*cast.SCALES, *cast.IGNORED)}
        return Stored(name=weight.name, form="fp8", shape=weight.shape, extras=extras)
    if weight.dtype == "I8" and bits.SCALE in names:
        extras = {last: name for last, name in names.items() if last in (bits.SCALE, "weight_format")}
        return Stored(name=weight.name, form="int8", shape=weight.shape, extras=extras)
    state = next((name for last, name in names.items() if last.startswith(bits.STATE)), None)
    if weight.dtype == "U8" and state is not None:
        extras = {last: name for last, name in names.items() if last.startswith(bits.BELOW)}
        about = bits.said(_small(checkpoint, state))
        return Stored(name=weight.name, form="q4", shape=tuple(about["shape"]), extras=extras, about=about)
    return None


def _small(checkpoint: Checkpoint, name: str) -> Any:
    return Lane(torch.device("cpu")).tensor(checkpoint, name)


def adopt(
    module: Any,
    names: Mapping[str, str],
    checkpoint: Checkpoint,
    stored: Sequence[Stored],
    kept: str,
    dtype_of: Callable[[str], Any],
    what: str,
) -> dict[str, Origin]:
    """Have the layers compute with what is stored in the form that is to be `kept`, where they can.

    names: what the module holds -> its tensor in the checkpoint. Returns the same of the module as it is from now on,
    in the order of the disk. dtype_of: in which dtype a parameter of that name computes. what: its name in errors.
    Raises LoadFailed where a tensor has another shape than the module's.
    """
    by_name, slots = {one.name: one for one in stored}, slots_of(module)
    origins: dict[str, Origin] = {}
    for name, tensor in names.items():
        one, homes = by_name.get(tensor), slots[name]
        check_shape(tensor, one.shape if one else checkpoint[tensor].shape, homes[0].shape, what)
        if one is not None and one.form == kept and _computes(homes, one.form):
            layer = name.removesuffix("weight")
            for own, origin in _install(homes[0].owner, one, checkpoint, dtype_of(name)).items():
                origins[layer + own] = origin
        elif one is not None:
            origins[name] = Origin(tensor, dtype_of(name), one)
        else:
            origins[name] = Origin(tensor, dtype_of(name) if _floats(checkpoint[tensor]) else None)
    place = {entry.name: number for number, entry in enumerate(checkpoint.entries)}
    return dict(sorted(origins.items(), key=lambda item: place[item[1].tensor]))


def _floats(entry: Entry) -> bool:
    floats: bool = DTYPES[entry.dtype].is_floating_point
    return floats


def _computes(homes: Sequence[Home], form: Form) -> bool:
    """A weight that is tied is needed whole by whoever else has it."""
    if len(homes) > 1 or homes[0].name != "weight":
        return False
    return cast.computes(homes[0].owner) if form == "fp8" else bits.computes(homes[0].owner)


def _install(layer: Any, one: Stored, checkpoint: Checkpoint, dtype: Any) -> Mapping[str, Origin]:
    match one.form:
        case "fp8":
            return _cast(layer, one, checkpoint, dtype)
        case "int8":
            origins = {STORED: Origin(one.name), bits.SCALE: Origin(one.extras[bits.SCALE])}
            bits.adopt_int8(layer, _entries(origins, checkpoint), dtype)
            return origins
        case "q4":
            tensors = {last.removeprefix(bits.BELOW): name for last, name in _moving(one.extras).items()}
            origins = {STORED: Origin(one.name), **{last: Origin(name) for last, name in tensors.items()}}
            bits.adopt_q4(layer, _entries(origins, checkpoint), dtype, one.about)
            return origins


def _cast(layer: Any, one: Stored, checkpoint: Checkpoint, dtype: Any) -> Mapping[str, Origin]:
    origins, scale = {STORED: Origin(one.name)}, _scale(one.extras)
    if scale is not None and math.prod(checkpoint[scale].shape) > 1:
        origins[cast.SCALE] = Origin(scale)
        scale = None
    number = None if scale is None else float(_small(checkpoint, scale))
    cast.adopt(layer, _entries(origins, checkpoint), dtype, number)
    return origins


def _entries(origins: Mapping[str, Origin], checkpoint: Checkpoint) -> Mapping[str, Entry]:
    return {name: checkpoint[origin.tensor] for name, origin in origins.items()}


def _moving(extras: Mapping[str, str]) -> Mapping[str, str]:
    """Without what has been read by now."""
    return {last: name for last, name in extras.items() if not last.startswith(bits.STATE)}


def _restored(one: Stored, held: Any, extras: Mapping[str, Any], dtype: Any) -> Any:
    match one.form:
        case "fp8":
            return cast.restored(held, dtype, _scale(extras))
        case "int8":
            return bits.int8_restored(held, extras[bits.SCALE], dtype)
        case "q4":
            below = {last.removeprefix(bits.BELOW): tensor for last, tensor in extras.items()}
            return bits.q4_restored(held, below, one.about, dtype)


def _scale(extras: Mapping[str, Any]) -> Any | None:
    return next((extras[name] for name in cast.SCALES if name in extras), None)
