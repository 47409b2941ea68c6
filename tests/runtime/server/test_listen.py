"""Which loop a server runs on."""

from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec

import pytest

from rung.runtime.errors import ConfigError
from rung.runtime.server.listen import loop_factory
from rung.runtime.settings import ServerSettings


def test_python_s_own_loop_is_taken_where_it_is_asked_for() -> None:
    assert loop_factory(ServerSettings(loop="asyncio")) is None


def test_uvloop_is_taken_where_it_is_installed() -> None:
    uvloop = pytest.importorskip("uvloop")
    assert loop_factory(ServerSettings()) is uvloop.new_event_loop


def test_without_uvloop_python_s_own_loop_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", _nothing)
    assert loop_factory(ServerSettings()) is None


def test_uvloop_that_is_not_there_is_a_sentence_and_not_another_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", _nothing)
    with pytest.raises(ConfigError, match=r"rung\[fast\]"):
        loop_factory(ServerSettings(loop="uvloop"))


def _nothing(name: str, package: str | None = None) -> ModuleSpec | None:
    return None
