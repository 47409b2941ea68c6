"""Drill 1: a worker is killed at a random moment of its call."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

from drills.client import Client
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Op, Request
from drills.house import House

_WORK_S = 0.12
_WITHIN_S = 1.0
"""From the kill to the answer: what is promised beside the work itself and the load."""


def run(stage: Stage, tally: Tally) -> None:
    """Half of the callers wait, half come back for their answer."""
    history = History()
    with stage.house() as house, Client(house.url, history) as client, ThreadPoolExecutor(1) as pool:
        client.warm()
        before = house.holdings()
        for number in range(stage.rounds):
            request = Request(text=f"round {number}", do=f"work {_WORK_S}")
            answer = pool.submit(_by_turns, client, request, number)
            killed_at = _kill(house, stage.chance.uniform(0.005, _WORK_S))
            op = answer.result()
            tally.rounds += 1
            if killed_at and killed_at < op.at:
                tally.faults += 1
                tally.recover_s.append(op.at - killed_at)
        tally.leaks(house.leaked(before))
    slow = [s for s in tally.recover_s if s > _WITHIN_S + 2 * _WORK_S]
    tally.in_time(len(slow) <= len(tally.recover_s) // 100, f"{len(slow)} answers came over a second late: {slow[:5]}")
    tally.demand(tally.faults > stage.rounds // 2, f"only {tally.faults} of {stage.rounds} rounds met a worker")
    tally.judge(history)


def _by_turns(client: Client, request: Request, number: int) -> Op:
    if number % 2 == 0:
        return client.ask(request)
    op = client.submit(request)
    return client.ended(op.job) if op.job else op


def _kill(house: House, after_s: float) -> float:
    """When the worker was killed; 0.0 where there was none."""
    time.sleep(after_s)  # the random moment is the drill
    pid = house.worker("toy")
    if pid is None:
        return 0.0
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return 0.0
    return time.monotonic()


DRILL = Drill(
    number=1,
    title="worker killed (-9) under a call",
    promise="The call runs again in a new worker; its caller sees time pass, under a second more, and nothing else.",
    mutation=Mutation(
        file="rung/runtime/scheduling/losses.py",
        old="MAX_DEATHS = 3",
        new="MAX_DEATHS = 1",
    ),
    run=run,
    short=20,
    long=200,
)
