"""Decides which parameters of a module come to the device and leave it together, and puts them in and out of place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from rung.models.torch.homes import Home, slots_of

Module = Any
"""torch.nn.Module"""
Tensor = Any
"""torch.Tensor"""


@dataclass(slots=True, eq=False)
class Slot:
    """One parameter, or what is stored in its place: its name in a state dict, and the places (several, where it is
    tied) at which it stands."""

    name: str
    homes: Sequence[Home]
    count: int
    """Numbers in it."""
    empty: Any = None
    """Stands there while the weights are away: of their dtype, which pipelines ask for, and of no size, so that what
    computes with it by mistake fails. (A tensor on torch's `meta` device does not: `linear` of torch 2.13 multiplies an
    input on the CPU with one, and gives what happens to be in memory.)"""

    def leave(self, dtype: Any) -> None:
        """The weights are away from now on."""
        self.empty = torch.nn.Parameter(torch.empty(0, dtype=dtype), requires_grad=False)
        self.clear()

    def put(self, tensor: Tensor) -> None:
        """The weights come."""
        self._set(torch.nn.Parameter(tensor, requires_grad=False))

    def clear(self) -> None:
        """The weights leave."""
        self._set(self.empty)

    def _set(self, parameter: Any) -> None:
        for home in self.homes:
            home.put(parameter)


@dataclass(slots=True, eq=False)
class Piece:
    """Parameters that come and go together, and the module whose forward needs them; None: all of the component's."""

    module: Module | None
    slots: list[Slot] = field(default_factory=list)
    here: bool = False

    def bring(self, fetch: Callable[[str], Tensor]) -> None:
        """Fetch all of it, or, when that fails, none."""
        if self.here:
            return
        self.here = True
        try:
            for slot in self.slots:
                slot.put(fetch(slot.name))
        except BaseException:
            self.drop()
            raise

    def drop(self) -> None:
        """Nothing of it refers to the device any more."""
        self.here = False
        for slot in self.slots:
            slot.clear()


def cut(module: Module) -> list[Piece]:
    """The module's parameters in pieces, each parameter in one:

    1. a block, which is what stands in an outermost `ModuleList` (a transformer's layer), with all below it;
    2. elsewhere the parameters that one module holds itself;
    3. parameters that are tied across those: they have no module, and stay as long as any of the component is used.
    """
    owners: dict[int, Module] = {}
    for block in _blocks(module):
        owners |= {id(below): block for below in block.modules()}
    pieces: dict[int, Piece] = {}
    for slot in _slots(module):
        users = {id(owner): owner for home in slot.homes for owner in [owners.get(id(home.owner), home.owner)]}
        user = next(iter(users.values())) if len(users) == 1 else None
        pieces.setdefault(id(user), Piece(user)).slots.append(slot)
    return list(pieces.values())


def _slots(module: Module) -> Iterator[Slot]:
    seen: set[int] = set()
    for name, homes in slots_of(module).items():
        if homes[0].weighs and id(homes) not in seen:
            seen.add(id(homes))
            yield Slot(name, homes, homes[0].tensor.numel())


def _blocks(module: Module) -> Iterator[Module]:
    for child in module.children():
        if isinstance(child, torch.nn.ModuleList):
            yield from child.children()
        else:
            yield from _blocks(child)
