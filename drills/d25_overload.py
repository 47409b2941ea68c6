"""Drill 25: ten times as much as can be done, for a while."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles

from drills.client import Client, problem_code, read_all, together
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Op, Request
from drills.house import House

_EACH_S = 0.2
_QUEUE = 24
_LANES = 20
_DEADLINE_S = 10.0
_TIMES = 4
"""So many times as long as a full queue takes by the measured capacity may an accepted job take, where that is more:
on a machine that others use too, a flood of requests takes from what was measured in calm."""
_CONFIG = f"[server]\nmax_queue = {_QUEUE}\nmax_running = 4\n"


def run(stage: Stage, tally: Tally) -> None:
    """The capacity first, measured by callers who take turns; then ten times of it. rounds: seconds."""
    history = History()
    with stage.house(config=_CONFIG) as house, Client(house.url, history) as client:
        client.warm()
        before, memory = house.holdings(), house.resident()
        capacity = _capacity(house, history)
        deadline = max(_DEADLINE_S, _TIMES * _QUEUE / capacity)
        began = time.time()
        ops = _flood(house, history, stage.rounds, 10 * capacity, deadline)
        window = (began, time.time())
        tally.rounds, tally.faults = stage.rounds, sum(op.kind == "fail" for op in ops)
        read_all(house.url, history, events=False)
        _judge(tally, ops, history, window, capacity)
        grown = (house.resident() - memory) // 2**20
        tally.demand(grown < 64, f"the server grew by {grown} MiB")
        tally.leaks(house.leaked(before))
        _lateness(tally, history, deadline)
    tally.judge(history)


def _flood(house: House, history: History, seconds: float, rate: float, deadline_s: float) -> list[Op]:
    """Callers who do not wait for each other: each fires in its own steady beat."""
    end, done, lock = time.monotonic() + seconds, list[Op](), threading.Lock()

    def lane(number: int) -> None:
        with Client(house.url, history, number) as client:
            due, n = time.monotonic() + number / rate, 0
            while due < end:
                time.sleep(max(0.0, due - time.monotonic()))
                request = Request(text=f"flood {number} {n}", do=f"sleep {_EACH_S}", may_fail=True)
                op = client.submit(request, deadline_s=deadline_s)
                with lock:
                    done.append(op)
                due, n = due + _LANES / rate, n + 1

    with ThreadPoolExecutor(_LANES) as pool:
        for one in [pool.submit(lane, n) for n in range(_LANES)]:
            one.result()
    return done


def _capacity(house: House, history: History) -> float:
    """Jobs a second when as many wait as may: a full queue, and the time between its ends."""
    calm = [Request(text=f"calm {n}", do=f"sleep {_EACH_S}") for n in range(_QUEUE - 4)]
    ops = together(house.url, history, calm, Client.submit, clients=4)
    with Client(house.url, history) as client:
        ends = sorted(client.ended(op.job).answer["finished"] for op in ops)
    return (len(ends) - 1) / (ends[-1] - ends[0])


def _judge(tally: Tally, ops: list[Op], history: History, window: tuple[float, float], capacity: float) -> None:
    seconds = window[1] - window[0]
    done = {op.job: op.answer for op in history.ops if op.call == "read" and op.kind == "ok"}
    refused = [op for op in ops if op.kind == "fail"]
    codes = {problem_code(op) for op in refused}
    tally.demand(codes <= {"queue-full"}, f"refused as {sorted(codes)}")
    waits = [op for op in refused if not op.answer.get("retry_after_s")]
    tally.demand(not waits, f"{len(waits)} refusals do not say when to come back")
    unknown = sum(op.kind == "info" for op in ops)
    tally.demand(unknown == 0, f"{unknown} requests got no answer at all")
    goodput = sum(window[0] <= (job["finished"] or 0.0) <= window[1] for job in done.values()) / seconds
    tally.notes |= {
        "capacity, a second": round(capacity, 1),
        "offered, a second": round(len(ops) / seconds, 1),
        "accepted and done, a second": round(goodput, 1),
    }
    tally.in_time(len(ops) / seconds > 5 * capacity, f"only {len(ops) / seconds:.0f} a second were offered")
    tally.in_time(goodput >= 0.95 * capacity, f"{goodput:.1f} a second were done, of {capacity:.1f} that could be")


def _lateness(tally: Tally, history: History, deadline_s: float) -> None:
    """From accepted to ended, as the server's own times say."""
    took = [
        op.answer["finished"] - op.answer["created"]
        for op in history.ops
        if op.call == "read" and op.kind == "ok" and op.answer["finished"]
    ]
    if len(took) > 10:
        p99 = quantiles(took, n=100)[98]
        tally.notes["p99 of the accepted, s"] = round(p99, 2)
        tally.in_time(p99 < _DEADLINE_S, f"the slowest of the accepted took {p99:.1f} s")
    expired = [op for op in history.ops if op.call == "read" and op.kind == "ok" and op.answer["status"] == "expired"]
    tally.demand(not expired, f"{len(expired)} accepted jobs expired, {deadline_s:.0f} s after they came")


DRILL = Drill(
    number=25,
    title="ten times the capacity (rounds: seconds)",
    promise="A bounded queue and 429 with the time to come back; what is accepted is done in time, at 95 % of the "
    "capacity or more.",
    mutation=Mutation(
        file="rung/runtime/runner/admission.py",
        old="if load.open >= server.max_queue:",
        new="if load.open >= server.max_queue * 1000:",
    ),
    run=run,
    short=8,
    long=60,
)
