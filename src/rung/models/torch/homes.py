"""Decides where in a module each tensor of a checkpoint belongs, and whether the two fit together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

import torch

from rung.models.torch.checkpoint import Checkpoint
from rung.models.torch.header import Entry
from rung.models.torch.lane import DTYPES
from rung.runtime.errors import LoadFailed

Module = Any
"""torch.nn.Module"""
Rename = Callable[[str], Sequence[str]]
"""A parameter's name -> the names under which checkpoints hold it, tried in order."""

STORED: Final = "stored"
"""Where a layer that computes with fewer bits than its weight has (see `rehouse`) holds what is stored of it."""

_SHOWN = 8
"""Names that an error spells out; it counts the others."""


def same(name: str) -> Sequence[str]:
    """Checkpoints hold every parameter under its own name."""
    return (name,)


class Home:
    """Where a tensor belongs: a parameter or buffer of a submodule."""

    def __init__(self, owner: Module, name: str) -> None:
        self.owner = owner
        self.name = name

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the tensor that is there now."""
        return tuple(self.tensor.shape)

    @property
    def tensor(self) -> Any:
        """What is there now."""
        return self.owner._parameters.get(self.name, self.owner._buffers.get(self.name))

    @property
    def weighs(self) -> bool:
        """Whether it comes and goes with the weights. Buffers do not, but for those that stand for a weight."""
        return self.name in self.owner._parameters or self.name in _rehoused(self.owner)

    def put(self, parameter: Any) -> None:
        """A parameter that is no parameter here becomes the buffer's tensor."""
        if self.name in self.owner._parameters:
            self.owner._parameters[self.name] = parameter
        else:
            self.owner._buffers[self.name] = parameter.data


def slots_of(module: Module) -> dict[str, list[Home]]:
    """Name in a state dict -> where its tensor goes; the names of one tied parameter share one list."""
    shared: dict[int, list[Home]] = {}
    found: dict[str, list[Home]] = {}
    for prefix, owner in module.named_modules(remove_duplicate=False):
        lasting = [name for name in owner._buffers if name not in owner._non_persistent_buffers_set]
        for name in (*owner._parameters, *lasting):
            home = Home(owner, name)
            if home.tensor is not None and not (name == "weight" and _rehoused(owner)):
                homes = shared.setdefault(id(home.tensor), [])
                homes.append(home)
                found[f"{prefix}.{name}" if prefix else name] = homes
    return found


def rehouse(layer: Module, kind: type, tensors: Mapping[str, Entry], dtype: Any) -> None:
    """From now on the layer is of that kind, and has places for these tensors instead of one for its weight.

    They are buffers, and where the weight was there stays a parameter of no size in the `dtype` in which is computed:
    that is what pipelines ask a model's first parameters for.
    """
    layer.__class__ = kind
    layer._parameters["weight"] = torch.nn.Parameter(torch.empty(0, dtype=dtype), requires_grad=False)
    for name, entry in tensors.items():
        layer.register_buffer(name, torch.empty(entry.shape, dtype=DTYPES[entry.dtype], device="meta"))
    layer.rehoused = frozenset(tensors)


def _rehoused(owner: Module) -> Collection[str]:
    found: Collection[str] = owner.__dict__.get("rehoused", ())
    return found


def settle(module: Module, device: Any) -> None:
    """Buffers that no file holds, and what stands for a weight, were made on the CPU: they move. What is still without
    memory stays so."""
    for owner in module.modules():
        for name, buffer in owner._buffers.items():
            if buffer is not None and not buffer.is_meta:
                owner._buffers[name] = buffer.to(device)
        if _rehoused(owner):
            stand_in = owner._parameters["weight"].to(device)
            owner._parameters["weight"] = torch.nn.Parameter(stand_in, requires_grad=False)


def matched(
    module: Module,
    checkpoint: Checkpoint,
    what: str,
    rename: Rename = same,
    ignored: Collection[str] = (),
    aside: Collection[str] = (),
) -> dict[str, str]:
    """Each parameter's and buffer's name -> its tensor's in the checkpoint.

    One of a tied parameter's names suffices. ignored: tensors that the module has no use for. aside: tensors that
    belong to others. Raises LoadFailed unless module and checkpoint are whole.
    """
    slots = slots_of(module)
    found = {name: stored for name in slots for stored in _stored(rename, name, checkpoint)}
    tied = {id(slots[name]): stored for name, stored in found.items()}
    found |= {name: tied[id(homes)] for name, homes in slots.items() if name not in found and id(homes) in tied}
    lost = [name for name in slots if name not in found]
    known = {*found.values(), *ignored, *aside}
    unknown = [entry.name for entry in checkpoint.entries if entry.name not in known]
    if lost or unknown:
        raise _mismatch(module, what, lost, unknown)
    return found


def _stored(rename: Rename, name: str, checkpoint: Checkpoint) -> Sequence[str]:
    """The first of its names that the checkpoint has."""
    return [one for one in rename(name) if one in checkpoint][:1]


def _mismatch(module: Module, what: str, lost: Sequence[str], unknown: Sequence[str]) -> LoadFailed:
    wrong = [
        *([f"it lacks {len(lost)} tensors ({_listed(lost)})"] if lost else []),
        *([f"it holds {len(unknown)} that the model has no place for ({_listed(unknown)})"] if unknown else []),
    ]
    kind = type(module).__name__
    return LoadFailed(
        f"{what}: this checkpoint is none of a {kind} of this configuration: {'; '.join(wrong)}.",
        missing=lost[:_SHOWN],
        unexpected=unknown[:_SHOWN],
    )


def check_shape(name: str, found: tuple[int, ...], expected: tuple[int, ...], what: str) -> None:
    """LoadFailed unless the tensor of that name fits."""
    if found != expected:
        raise LoadFailed(
            f"{what}: the checkpoint's {name} is {[*found]}, the model's is {[*expected]}: "
            "another size of the model, or another configuration."
        )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
