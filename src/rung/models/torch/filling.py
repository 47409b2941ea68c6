"""Owns how a torch module gets its weights: made without any, then given each tensor as it arrives on its device.

At no time does the RAM hold the module's initial weights, nor the checkpoint: only the tensor on its way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.modules.module import register_module_parameter_registration_hook

from rung.models.torch import compressed
from rung.models.torch.checkpoint import Checkpoint
from rung.models.torch.header import Entry
from rung.models.torch.lane import DTYPES, Lane
from rung.runtime.errors import LoadFailed

Module = Any
"""torch.nn.Module"""

_SHOWN = 8
"""Names that an error spells out; it counts the others."""


def hollow(make: Callable[[], Module]) -> Module:
    """What `make` constructs, with parameters of shape and dtype but no memory (torch's `meta` device).

    Buffers are made for real: those that no file holds (tables of rotary positions, masks) would otherwise have to be
    computed again by code that only the module's author knows. They are small.
    """
    with _parameters_on_meta():
        module: Module = make()
    return module.eval().requires_grad_(False)


@contextmanager
def _parameters_on_meta() -> Iterator[None]:
    hook = register_module_parameter_registration_hook(_emptied)
    try:
        yield
    finally:
        hook.remove()


def _emptied(_module: Module, _name: str, parameter: Any) -> Any:
    """A parameter that is there already is a tied one: it stays the same object, so that the tie holds."""
    if parameter is None or parameter.is_meta:
        return None
    return torch.nn.Parameter(parameter.to("meta"), requires_grad=False)


def build(make: Callable[[], Module], checkpoint: Checkpoint, device: Any, wanted: Wanted, what: str) -> Module:
    """What `make` constructs with the checkpoint's weights, ready to compute on the device. what: its name in errors.

    LoadFailed unless names and shapes are exactly those of the module.
    """
    module, stored = hollow(make), compressed.found(checkpoint)
    compressed.reserve(module, stored, checkpoint)
    as_stored = {one.name for one in stored}
    aside = {name for one in stored for name in one.extras.values()}

    def choose(entry: Entry) -> Any:
        return None if entry.name in as_stored else wanted.of(entry)

    extras = _fill(module, checkpoint, torch.device(device), choose, aside, what)
    compressed.ready(module, stored, extras, wanted.kept, wanted.dtype)
    return module


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """dtype: torch's, of floating-point tensors; whole numbers keep theirs. kept: the form (`fp8`, `int8`, `q4`) in
    which weights that are stored so stay; any other is restored to `dtype`."""

    dtype: Any
    kept: str = ""

    def of(self, entry: Entry) -> Any:
        """The dtype that a tensor gets; None: its own."""
        return self.dtype if DTYPES[entry.dtype].is_floating_point else None


def _fill(
    module: Module,
    checkpoint: Checkpoint,
    device: Any,
    choose: Callable[[Entry], Any],
    aside: Collection[str],
    what: str,
) -> dict[str, Any]:
    """Give the module every tensor in the order of the disk; those `aside` are no tensors of its own and returned.

    Two names of one parameter (tied weights) need one tensor.
    """
    slots = slots_of(module)
    _check_names(module, slots, checkpoint, aside, what)
    lane, extras = Lane(device), {}
    for entry in checkpoint.entries:
        homes = slots.get(entry.name)
        if homes is None:
            extras[entry.name] = lane.tensor(checkpoint, entry.name)
        elif homes:  # else the other name of a tied parameter, which has been filled
            check_shape(entry, homes[0], what)
            tensor = lane.tensor(checkpoint, entry.name, choose(entry))
            parameter = torch.nn.Parameter(tensor, requires_grad=False)
            for home in homes:
                home.put(parameter)
            homes.clear()
    move_buffers(module, device)
    return extras


class Home:
    """Where a tensor belongs: a parameter or buffer of a submodule."""

    def __init__(self, owner: Module, name: str) -> None:
        self.owner = owner
        self.name = name

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the tensor that is there now."""
        return tuple(getattr(self.owner, self.name).shape)

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
            tensor = getattr(owner, name)
            if tensor is not None:
                homes = shared.setdefault(id(tensor), [])
                homes.append(Home(owner, name))
                found[f"{prefix}.{name}" if prefix else name] = homes
    return found


def _check_names(
    module: Module, slots: Mapping[str, Sequence[Home]], checkpoint: Checkpoint, aside: Collection[str], what: str
) -> None:
    held = {id(homes) for name, homes in slots.items() if name in checkpoint}
    missing = [name for name, homes in slots.items() if id(homes) not in held]
    unexpected = [entry.name for entry in checkpoint.entries if entry.name not in slots and entry.name not in aside]
    wrong = [
        *(["the checkpoint lacks " + _listed(missing)] if missing else []),
        *(["it holds tensors that the model has no place for: " + _listed(unexpected)] if unexpected else []),
    ]
    if wrong:
        kind = type(module).__name__
        raise LoadFailed(
            f"{what}: this checkpoint is none of a {kind} of this configuration: {'; '.join(wrong)}.",
            missing=missing[:_SHOWN],
            unexpected=unexpected[:_SHOWN],
        )


def check_shape(entry: Entry, home: Home, what: str) -> None:
    """LoadFailed unless the tensor fits there."""
    if entry.shape != home.shape:
        raise LoadFailed(
            f"{what}: the checkpoint's {entry.name} is {[*entry.shape]}, the model's is {[*home.shape]}: "
            "another size of the model, or another configuration."
        )


def move_buffers(module: Module, device: Any) -> None:
    """Buffers that no file holds were made on the CPU."""
    for owner in module.modules():
        for name, buffer in owner._buffers.items():
            if buffer is not None:
                owner._buffers[name] = buffer.to(device)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
