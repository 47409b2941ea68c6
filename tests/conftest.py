"""How the tests share a machine: with others that use it, and with each other in several processes (`TESTERS=2`).

What is marked `alone` has no other test beside it; it waits for those that have begun. In one process nothing changes.
An example that takes long says that the machine is busy and nothing of our code: none of them has a deadline.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import settings

from turns import Turns

settings.register_profile("shared", settings.default, deadline=None)
settings.load_profile("shared")

FOLDER = pytest.StashKey[str]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """In the process that hands out the tests: each of those that run them is told where their locks are."""
    config: pytest.Config = node.config
    if FOLDER not in config.stash:
        config.stash[FOLDER] = mkdtemp(prefix="rung-turns-")
        config.add_cleanup(lambda: rmtree(config.stash[FOLDER]))
    node.workerinput["turns"] = config.stash[FOLDER]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files with browsers and real models go first, so that no process ends long after the other."""
    if _among_others(config):
        heavy = {item.path for item in items if any(map(item.get_closest_marker, ("browser", "weights")))}
        items.sort(key=lambda item: item.path not in heavy)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    with _turn(item):
        return (yield)


def _turn(item: pytest.Item) -> AbstractContextManager[None]:
    others = _among_others(item.config)
    if not others:
        return nullcontext()
    turns = Turns(Path(others["turns"]))
    return turns.alone() if item.get_closest_marker("alone") else turns.beside_others()


def _among_others(config: pytest.Config) -> dict[str, str]:
    """What pytest-xdist gave this process, which is one of several; nothing where it is the only one."""
    return getattr(config, "workerinput", {})
