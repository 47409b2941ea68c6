"""Owns how a torch module gets its weights: made without any, then given each tensor as it arrives on its device.

At no time does the RAM hold the module's initial weights, nor the checkpoint: only the tensor on its way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch.nn.modules.module import register_module_parameter_registration_hook

from rung.models.torch import compressed
from rung.models.torch.checkpoint import Checkpoint
from rung.models.torch.homes import matched, settle, slots_of
from rung.models.torch.lane import Lane

Module = Any
"""torch.nn.Module"""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """dtype: torch's, of floating-point tensors; whole numbers keep theirs. kept: the form (`fp8`, `int8`, `q4`) in
    which weights that are stored so stay; any other is restored to `dtype`."""

    dtype: Any
    kept: str = ""


def build(make: Callable[[], Module], checkpoint: Checkpoint, device: Any, wanted: Wanted, what: str) -> Module:
    """What `make` constructs with the checkpoint's weights, ready to compute on the device. what: its name in errors.

    The tensors come in the order of the disk. LoadFailed unless names and shapes are exactly those of the module.
    """
    module, stored, lane = hollow(make), compressed.found(checkpoint), Lane(torch.device(device))
    aside = {name for one in stored for name in one.extras.values()}
    names = matched(module, checkpoint, what, aside=aside)
    origins = compressed.adopt(module, names, checkpoint, stored, wanted.kept, lambda _: wanted.dtype, what)
    slots = slots_of(module)
    for name, origin in origins.items():
        homes = slots[name]
        if homes:  # else the other name of a tied parameter, which has been filled
            tensor = origin.fetch(partial(lane.tensor, checkpoint))
            parameter = torch.nn.Parameter(tensor, requires_grad=False)
            for home in homes:
                home.put(parameter)
            homes.clear()
    settle(module, lane.device)
    return module
