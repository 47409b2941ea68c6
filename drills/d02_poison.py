"""Drill 2: an input that kills whatever worker it meets."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from drills.client import Client, problem_code, together
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Request
from drills.house import House


def run(stage: Stage, tally: Tally) -> None:
    """Poison among good inputs, all at once."""
    history = History()
    with stage.house() as house, Client(house.url, history) as client:
        client.warm()
        before = house.holdings()
        for number in range(stage.rounds):
            _round(house, history, tally, number)
            tally.rounds += 1
        tally.demand(client.ask(Request(text="after")).kind == "ok", "the model does not answer after the poison")
        tally.leaks(house.leaked(before))
    tally.judge(history)


def _round(house: House, history: History, tally: Tally, number: int) -> None:
    poison = Request(text=f"poison {number}", do=("abort", "crash")[number % 2], may_fail=True)
    good = [Request(text=f"good {number} {n}", do="work 0.01") for n in range(8)]
    with ThreadPoolExecutor(1) as pool, Client(house.url, history, 9) as poisoner:
        ended = pool.submit(poisoner.ask, poison)
        together(house.url, history, good, Client.ask)
        op = ended.result()
    begun = house.journal.read_text().count(f"run {poison.text}\n")
    tally.faults += begun
    tally.demand(op.kind == "fail", f"the poison was answered {op.status}")
    tally.demand(problem_code(op) == "worker-crashed", f"the poison failed as {problem_code(op)!r}")
    tally.demand(begun <= 3, f"the poison was tried {begun} times")


DRILL = Drill(
    number=2,
    title="poison: kills every worker it meets",
    promise="After three workers it fails alone, as worker-crashed; the inputs beside it are answered, and the model "
    "is not blamed for it.",
    mutation=Mutation(
        file="rung/runtime/scheduling/losses.py",
        old="MAX_DEATHS = 3",
        new="MAX_DEATHS = 9",
    ),
    run=run,
    short=2,
    long=20,
)
