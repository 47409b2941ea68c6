"""This machine as a node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rung.runtime.caller import Tell
from rung.runtime.engine import Engine, EngineAnswer


@dataclass(frozen=True, slots=True)
class LocalNode:
    """Hands calls to the engine of this process."""

    engine: Engine
    name: str = "local"

    async def call(
        self, variant: str, input: Any, *, deadline: float, scope: str, seed: int | None, tell: Tell, replaceable: bool
    ) -> EngineAnswer:
        """Run one call here."""
        return await self.engine.call(
            variant, input, deadline=deadline, scope=scope, seed=seed, tell=tell, replaceable=replaceable
        )
