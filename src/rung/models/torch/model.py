"""What the author of a torch model builds on: device, precision, threads, and no gradients anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import torch

from rung.models.torch import filling
from rung.models.torch.checkpoint import open_checkpoint
from rung.runtime.errors import LoadFailed
from rung.runtime.model import Call, Context, Outcome, Result

DTYPES: Final[Mapping[str, Any]] = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
"""Precision of a plan -> the dtype in which is stored and computed."""

STORED: Final = ("fp8", "int8", "q4")
"""Precisions in which weights are stored only; computed is in bf16."""


class TorchModel:
    """Subclass it: `prepare` instead of `load`, and `answer`, or `answers` for batches and progress.

    Calls run in torch's inference mode: nothing that they do keeps a graph, so a call gives its memory back.
    """

    device: Any
    """torch.device that the plan chose."""
    dtype: Any
    """torch.dtype in which is computed there."""

    def load(self, context: Context) -> None:
        """Set device, dtype and threads, then `prepare`."""
        self.device = torch.device(context.device)
        self.dtype = computed_in(context.precision, context.device, context.variant)
        if self.device.type == "cpu":
            torch.set_num_threads(context.threads)
        with torch.no_grad():  # not inference mode: its tensors could not be moved or changed outside of it
            self.prepare(context)

    def prepare(self, context: Context) -> None:
        """Take weights into memory: see `module`."""
        raise NotImplementedError

    # As a decorator torch leaves the mode at every yield: in between, the runtime's own code runs.
    @torch.inference_mode()  # type: ignore[untyped-decorator]
    def run(self, calls: Sequence[Call[Any]]) -> Iterator[tuple[int, Outcome]]:
        """What `answers` yields."""
        yield from self.answers(calls)

    def answers(self, calls: Sequence[Call[Any]]) -> Iterator[tuple[int, Outcome]]:
        """Every call by itself; override it where calls run as a batch."""
        for index, call in enumerate(calls):
            yield index, Result(self.answer(call))

    def answer(self, call: Call[Any]) -> Any:
        """The task's output for one call."""
        raise NotImplementedError

    def module(self, context: Context, make: Callable[[], Any], paths: Sequence[Path] | None = None) -> Any:
        """The module that `make` constructs with the weights of these files (all of the variant's) on the device.

        Its weights are never in the RAM as a whole, unless the RAM is the device: see `filling`.
        """
        wanted = filling.Wanted(dtype=self.dtype, kept=context.precision)
        with open_checkpoint(context.weights.values() if paths is None else paths) as checkpoint:
            return filling.build(make, checkpoint, self.device, wanted, context.variant)


def computed_in(precision: str, device: str, what: str) -> Any:
    """The torch dtype in which is computed at that precision on that device. what: its name in the LoadFailed."""
    if precision in STORED:
        return torch.bfloat16 if _has_bf16(device) else torch.float16
    if precision not in DTYPES:
        raise LoadFailed(f"{what} runs in {', '.join((*DTYPES, *STORED))}, not in {precision}.")
    return DTYPES[precision]


def _has_bf16(device: str) -> bool:
    """Cards before Ampere only pretend to."""
    return not device.startswith("cuda") or torch.cuda.get_device_capability(device) >= (8, 0)
