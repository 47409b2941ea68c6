"""How many requests are made up in all, and what was made of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

SHORT = 600


@dataclass
class Budget:
    """total: requests in all. spent: by what they were for."""

    total: int
    seed: int
    spent: Counter[str] = field(default_factory=Counter)

    def share(self, part: float) -> int:
        return max(int(self.total * part), 1)
