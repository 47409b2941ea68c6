"""What the tests of models share: real weight files, where the cache holds them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rung.models.catalog import VARIANTS
from rung.runtime.config import load_settings
from rung.runtime.spec import Weights
from rung.runtime.weights.store import open_store


@pytest.fixture(scope="module")
def weight() -> Callable[[Weights], Path]:
    """The path of a verified file of the cache; the test is skipped where it is not there."""
    store = open_store(load_settings(), VARIANTS.values())

    def find(weights: Weights) -> Path:
        path = store.present(weights)
        if path is None:
            pytest.skip(f"{weights.name} is not in the cache: rung weights pull")
        return path

    return find
