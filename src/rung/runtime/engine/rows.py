"""Says how each variant stands on each seat, for people and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rung.runtime.engine.crew import Held
from rung.runtime.scheduling.board import Board
from rung.runtime.scheduling.seats import Seat


def rows_of(board: Board, held: Mapping[str, Held], tasks: Mapping[str, str], now: float) -> list[dict[str, Any]]:
    """One for each variant of each seat. held: by seat, its worker. tasks: by variant. bytes: measured where it runs,
    else None; of a group those of its worker with all members. queued: on the row of the preferred seat."""
    seats = board.seats.values()
    return [_row(board, seat, name, tasks[name], held.get(seat.name), now) for seat in seats for name in seat.needs]


def _row(board: Board, seat: Seat, variant: str, task: str, held: Held | None, now: float) -> dict[str, Any]:
    trouble = seat.health.trouble(now)
    return {
        "variant": variant,
        "seat": seat.name,
        "task": task,
        "device": seat.need.device,
        "state": seat.state,
        "running": sum(waiting.variant == variant for waiting in seat.running.values()),
        "queued": _queued(board, seat, variant),
        "pinned": seat.pinned,
        "ttl_s": seat.ttl_s,
        "pid": held.worker.pid if held else None,
        "bytes": held.worker.memory() if held else None,
        "reserved": seat.bytes,
        "load_s": held.report.load_s if held and held.report else None,
        "eta_s": _eta_s(seat, now),
        "restarts": seat.restarts,
        "trouble": asdict(trouble) if trouble else None,
    }


def _queued(board: Board, seat: Seat, variant: str) -> int:
    if seat.name != seat.line:
        return 0
    parked = board.lines[seat.line].parked
    return sum(waiting.variant == variant for waiting in (*seat.ahead.values(), *seat.queue, *parked))


def _eta_s(seat: Seat, now: float) -> float | None:
    """Seconds until it has loaded; None where it does not load, nobody measured it, or it takes longer than it did."""
    known = seat.pace.known_load_s
    if seat.state != "loading" or known is None:
        return None
    left = known - (now - seat.began)
    return round(left, 3) if left > 0 else None
