"""How much is made up, and what came of it: `RUNG_FUZZ=10000 pytest tests/fuzz` is the long form.

RUNG_FUZZ: requests and readings in all. RUNG_FUZZ_SEED: repeats a run; the short form has a seed of its own, so
that it is the same run each time.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

import pytest
from fuzz_budget import SHORT, Budget

sys.path.append(str(Path(__file__).parent.parent / "runtime"))  # toy_app
BUDGET = pytest.StashKey[Budget]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fuzz: made-up requests (RUNG_FUZZ says how many)")
    total = int(os.environ.get("RUNG_FUZZ", SHORT))
    seed = int(os.environ.get("RUNG_FUZZ_SEED", 1 if total <= SHORT else random.randrange(2**32)))
    config.stash[BUDGET] = Budget(total, seed)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    budget = config.stash[BUDGET]
    if budget.spent:
        parts = ", ".join(f"{count} {what}" for what, count in sorted(budget.spent.items()))
        terminalreporter.write_line(f"fuzz: {budget.spent.total()} in all ({parts}); RUNG_FUZZ_SEED={budget.seed}")


@pytest.fixture
def budget(request: pytest.FixtureRequest) -> Budget:
    return request.config.stash[BUDGET]
