"""One machine: the engine, what it asks of workers, and what it answers."""

from rung.runtime.engine.calls import EngineAnswer
from rung.runtime.engine.engine import Engine
from rung.runtime.engine.memory import Memory
from rung.runtime.engine.needs import needs_of
from rung.runtime.engine.ports import OnOutcome, Spawner, Worker
from rung.runtime.engine.preload import Preloading
from rung.runtime.scheduling.health import Trouble

__all__ = [
    "Engine",
    "EngineAnswer",
    "Memory",
    "OnOutcome",
    "Preloading",
    "Spawner",
    "Trouble",
    "Worker",
    "needs_of",
]
