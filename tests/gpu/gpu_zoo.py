"""A model for tests on a GPU: it holds as many bytes of its device as it is told, and more while it runs."""

from __future__ import annotations

from typing import Any

import torch

from rung.runtime.model import Result
from rung.runtime.tasks import ComputeOutput


class Holds:
    """options: `holds`, bytes that its load takes; `takes`, bytes that a call takes on top."""

    def load(self, context: Any) -> None:
        """A tensor that is written, so that its bytes are really there."""
        self.device, self.takes = context.device, context.options["takes"]
        self.held = torch.ones(context.options["holds"], dtype=torch.uint8, device=self.device)

    def run(self, calls: Any) -> Any:
        """Reads what it holds, and writes what the call takes."""
        for index, _ in enumerate(calls):
            extra = torch.ones(max(self.takes, 1), dtype=torch.uint8, device=self.device)
            value = {"first": int(self.held[0]), "last": int(self.held[-1]), "extra": int(extra[-1])}
            yield index, Result(ComputeOutput(value=value))
