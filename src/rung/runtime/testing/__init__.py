"""Fakes that we ship: what apps, models and the runtime itself are tested with."""

from __future__ import annotations

from rung.runtime.testing.drive import Drive, FakeClock, failing_load, stories
from rung.runtime.testing.machine import FakeMachine
from rung.runtime.testing.workers import FakeSpawner, FakeWorker

__all__ = ["Drive", "FakeClock", "FakeMachine", "FakeSpawner", "FakeWorker", "failing_load", "stories"]
