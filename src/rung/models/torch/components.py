"""Owns the components of a worker: each content once, where its weights rest, and what of them is on the device.

Written by hand and not left to the hooks of accelerate and diffusers (`enable_model_cpu_offload`, group offloading),
which move whole pipelines: two pipelines cannot share a component under them, since each removes the other's hooks;
they copy weights back that never changed; the disk gets a second copy of the files; and on a CPU they refuse to run, so
that no test could hold them to anything. What they agree on is kept: a pipeline asks a component's `_hf_hook` where it
computes, and tells it before it encodes or decodes, and there stands ours.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Final

import torch

from rung.models.torch import compressed
from rung.models.torch.checkpoint import Checkpoint, open_checkpoint
from rung.models.torch.device import Device
from rung.models.torch.filling import hollow
from rung.models.torch.homes import Rename, matched, same, settle, slots_of
from rung.models.torch.lane import DTYPES, Lane
from rung.models.torch.pieces import Piece, cut
from rung.runtime.errors import OutOfMemory
from rung.runtime.spec import MiB, Strategy

Module = Any
"""torch.nn.Module"""

IN_RAM: Final[frozenset[Strategy]] = frozenset({"component-offload", "sequential-offload"})
WHOLE: Final[frozenset[Strategy]] = frozenset({"resident", "component-offload"})
_LOST: Final = 0.9
"""Of what was let go so much must have come back: allocators keep fragments."""
_NOISE: Final = 32 * MiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a component is made: its module without weights, its files, the dtype in which it computes.

    kept: the form (`fp8`, `int8`, `q4`) in which weights that are stored so stay, where their layer can compute so.
    ignored: tensors of the files that the module has no use for (a language model's head, where only its hidden states
    are wanted).
    """

    name: str
    make: Callable[[], Module]
    files: Sequence[Path]
    dtype: Any
    kept: str = ""
    rename: Rename = same
    ignored: frozenset[str] = frozenset()


class Part:
    """One component: its module, its weights at rest, and the pieces of them that are on the device."""

    def __init__(self, recipe: Recipe, device: Device, asked: Callable[[Part], None]) -> None:
        self.name = recipe.name
        self.kept = recipe.kept
        self.module = hollow(recipe.make)
        self._device = device
        self._rest = _Rest(recipe, self.module, open_checkpoint(recipe.files))
        self._rest.load_buffers(device)
        self.pieces = cut(self.module)
        self.used = 0
        for slot in (slot for piece in self.pieces for slot in piece.slots):
            slot.leave(self._rest.dtype(slot.name))
        self.bytes = sum(self._size(piece) for piece in self.pieces)
        self.block = max((self._size(piece) for piece in self.pieces), default=0)
        for piece in self.pieces:
            if piece.module is not None:
                self._follow(piece, piece.module)
        # First of all: what is there whole must be so before a piece is looked for.
        self.module.register_forward_pre_hook(lambda *_: asked(self), prepend=True)
        self.module._hf_hook = _Asked(device.torch, lambda: asked(self))

    @property
    def here(self) -> bool:
        """Whether all of it is on the device."""
        return all(piece.here for piece in self.pieces)

    @property
    def held(self) -> int:
        """Bytes of it that are on the device."""
        return sum(self._size(piece) for piece in self.pieces if piece.here)

    def bring(self) -> None:
        """All of it, or, when memory runs out, nothing."""
        try:
            for piece in self.pieces:
                self._bring(piece)
        except BaseException:
            self.drop()
            raise

    def bring_shared(self) -> None:
        """What is tied across pieces."""
        for piece in self.pieces:
            if piece.module is None:
                self._bring(piece)

    def drop(self) -> None:
        """Nothing of it is on the device any more."""
        for piece in self.pieces:
            piece.drop()

    def rest_in_ram(self, wanted: bool) -> None:
        """Keep its weights in RAM, or in the files alone."""
        self._rest.keep([slot.name for piece in self.pieces for slot in piece.slots] if wanted else ())

    def _bring(self, piece: Piece) -> None:
        # In torch's inference mode these would become tensors that nothing outside of it may touch.
        with torch.inference_mode(False), torch.no_grad():
            piece.bring(lambda name: self._rest.fetch(name, self._device))

    def _follow(self, piece: Piece, module: Module) -> None:
        """Bring a piece for its module's forward unless it is there, and drop it after, however that ends."""
        brought: list[bool] = []

        def before(*_: Any) -> None:
            brought.append(not piece.here)
            self._bring(piece)

        def after(*_: Any) -> None:
            if brought and brought.pop():  # none, when memory ran out before `before`
                piece.drop()

        module.register_forward_pre_hook(before)
        module.register_forward_hook(after, always_call=True)

    def _size(self, piece: Piece) -> int:
        return sum(slot.count * slot.empty.itemsize for slot in piece.slots)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What diffusers looks for on a component: where it computes, and whom to tell before it does."""

    execution_device: Any
    ask: Callable[[], None]

    def pre_forward(self, module: Module) -> None:
        """Called by an autoencoder's `encode` and `decode`, which are no `forward`."""
        self.ask()


class _Rest:
    """Where a component's weights lie when they are not on the device: its files, and RAM where they are kept."""

    def __init__(self, recipe: Recipe, module: Module, checkpoint: Checkpoint) -> None:
        self._recipe = recipe
        self._module = module
        self._checkpoint = checkpoint
        self._fp32 = tuple(getattr(module, "_keep_in_fp32_modules", None) or ())
        self._origins = self._adopt()
        self._ram: dict[str, Any] = {}
        self._lane = Lane(torch.device("cpu"))

    def _adopt(self) -> Mapping[str, compressed.Origin]:
        recipe, checkpoint = self._recipe, self._checkpoint
        stored = compressed.found(checkpoint)
        aside = {name for one in stored for name in one.extras.values()}
        names = matched(self._module, checkpoint, recipe.name, recipe.rename, recipe.ignored, aside)
        return compressed.adopt(self._module, names, checkpoint, stored, recipe.kept, self._computed, recipe.name)

    def _computed(self, name: str) -> Any:
        return torch.float32 if any(part in name.split(".") for part in self._fp32) else self._recipe.dtype

    def dtype(self, name: str) -> Any:
        """Of the parameter on the device."""
        origin = self._origins[name]
        return origin.dtype or DTYPES[self._checkpoint[origin.tensor].dtype]

    def fetch(self, name: str, device: Device) -> Any:
        """The parameter on the device."""
        if name in self._ram:
            return device.put(self._ram[name])
        return self._origins[name].fetch(partial(device.read, self._checkpoint))

    def keep(self, names: Collection[str]) -> None:
        """Take these into RAM, in the order of the disk, or let all go."""
        if not names:
            self._ram = {}
        elif not self._ram:
            read = partial(self._lane.tensor, self._checkpoint)
            self._ram = {name: origin.fetch(read) for name, origin in self._origins.items() if name in names}

    def load_buffers(self, device: Device) -> None:
        """Buffers stay on the device: they are small, and pipelines read them past every hook."""
        for name, homes in slots_of(self._module).items():
            if not homes[0].weighs:
                tensor = self._origins[name].fetch(partial(device.read, self._checkpoint))
                homes[0].owner._buffers[homes[0].name] = tensor
        settle(self._module, device.torch)


@dataclass(slots=True, eq=False)
class Store:
    """The components of one worker. room: bytes of the device that their weights may take; None: nobody says."""

    device: Device
    room: int | None = None
    parts: dict[str, Part] = field(default_factory=dict)
    """By content."""
    _strategy: Strategy = "resident"
    _staying: set[Part] = field(default_factory=set)
    """What some member holds resident: it makes way for nothing."""
    _clock: count[int] = field(default_factory=count)

    def part(self, key: str, recipe: Recipe) -> Part:
        """The component with that content: made once, whoever asks. Nothing of it is on the device yet."""
        if key not in self.parts:
            self.parts[key] = Part(recipe, self.device, self._asked)
        return self.parts[key]

    def arrange(self, wanted: Mapping[str, tuple[Strategy, Sequence[Part]]]) -> None:
        """Keep in RAM what some member offloads from there, and bring what some member wants resident.

        wanted: member -> its strategy and components. Raises OutOfMemory where that has no room.
        """
        self._staying = {part for strategy, parts in wanted.values() if strategy == "resident" for part in parts}
        for part in self.parts.values():
            strategies = [strategy for strategy, parts in wanted.values() if part in parts]
            part.rest_in_ram(not IN_RAM.isdisjoint(strategies))
        for strategy, parts in wanted.values():
            for part in parts if strategy == "resident" else ():
                self._bring(part)

    @contextmanager
    def running(self, strategy: Strategy) -> Iterator[None]:
        """While a member's call runs, what its pipeline uses comes as the strategy says."""
        before, self._strategy = self._strategy, strategy
        try:
            yield
        finally:
            self._strategy = before
            for part in self.parts.values():
                if not part.here:
                    part.drop()

    def clear(self, parts: Iterable[Part]) -> str:
        """Take components off the device and see what came back: why the worker has to be replaced, or nothing."""
        before, let_go = self.device.taken(), sum(part.held for part in parts)
        for part in parts:
            part.drop()
        self.device.settle()
        after = self.device.taken()
        if before is None or after is None or before - after >= let_go * _LOST - _NOISE:
            return ""
        back = f"{max(0, before - after) / MiB:.0f} MiB"
        return f"of {let_go / MiB:.0f} MiB of components that left {self.device.torch} only {back} came back"

    @property
    def held(self) -> int:
        """Bytes of weights on the device."""
        return sum(part.held for part in self.parts.values())

    def _asked(self, part: Part) -> None:
        part.used = next(self._clock)
        if self._strategy in WHOLE:
            self._bring(part)
        else:
            part.bring_shared()

    def _bring(self, part: Part) -> None:
        """All of a part, in the room that is left when others have made way, those used longest ago first."""
        if part.here:
            return
        part.drop()
        most = part.bytes if self.room is None and self._strategy == "component-offload" else self.room
        others = sorted((p for p in self.parts.values() if p.held and p not in self._staying), key=lambda p: p.used)
        while most is not None and self.held + part.bytes > most and others:
            others.pop(0).drop()
        if most is not None and self.held + part.bytes > most:
            raise OutOfMemory(
                f"{part.name} needs {part.bytes / MiB:.0f} MiB of {self.device.torch}; of {most / MiB:.0f} MiB set "
                f"aside for weights, {self.held / MiB:.0f} MiB hold others that stay",
                needed=part.bytes,
                limit=most,
            )
        part.bring()
