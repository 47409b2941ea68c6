"""Drill 5: a device whose memory is used up. Raised by the toy as a card's library raises it: no card is asked."""

from __future__ import annotations

from drills.client import Client, problem_code, together
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Request


def run(stage: Stage, tally: Tally) -> None:
    """A shortage that passes, and one that stays."""
    history = History()
    with stage.house() as house, Client(house.url, history) as client:
        client.warm()
        before = house.holdings()
        for number in range(stage.rounds):
            house.holdings()  # unloads, so that the next worker counts its shortages from none
            once = client.ask(Request(text=f"short once {number}", do="full 1"))
            tally.demand(once.kind == "ok", f"a shortage that passed was answered {once.status} {problem_code(once)}")
            client.ask(Request(text=f"warm {number}"))
            always = client.ask(Request(text=f"short for ever {number}", do="full 1000000", may_fail=True))
            code = problem_code(always)
            tally.demand(code == "out-of-memory", f"a lasting shortage was answered {always.status} {code!r}")
            tally.demand(always.status == 507, f"a lasting shortage was answered {always.status}")
            runs = house.journal.read_text().count(f"run short for ever {number}\n")
            tally.demand(1 < runs <= 3, f"a call without memory was tried {runs} times")
            together(house.url, history, [Request(text=f"{number} {n}") for n in range(8)], Client.ask)
            tally.faults += 1 + runs
            tally.rounds += 1
        tally.leaks(house.leaked(before))
    tally.judge(history)


DRILL = Drill(
    number=5,
    title="a device's memory is used up (raised by a toy)",
    promise="The call is tried once more, alone; then its caller is told out-of-memory, and the others are answered.",
    mutation=Mutation(
        file="rung/runtime/scheduling/losses.py",
        old="MAX_SHORTAGES = 2",
        new="MAX_SHORTAGES = 1",
    ),
    run=run,
    short=2,
    long=20,
)
