"""Drill 3: a model that cannot be loaded, because its weights are not what they were or because it dies."""

from __future__ import annotations

import os
import time

from drills.client import Client, problem_code, together
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Request
from drills.house import House, until
from drills.toy.rung_toy import weights
from rung.runtime.scheduling.health import COOL_DOWN_S


def run(stage: Stage, tally: Tally) -> None:
    """Flipped bytes and cut files first, a crash loop then."""
    for number in range(stage.rounds):
        _corrupt(stage, tally, number)
        tally.rounds += 1
    _loop(stage, tally)


def _corrupt(stage: Stage, tally: Tally, number: int) -> None:
    """The file changes under a running server, as a failing disk changes it: size and time stay."""
    history = History()
    with stage.house() as house, Client(house.url, history) as client:
        _spoil(house, stage.chance.randrange(weights.SIZE), cut=number % 2 == 1)
        tally.faults += 1
        began = time.monotonic()
        ops = [client.ask(Request(text=f"bad {n}", task="toy-weighed", may_fail=True)) for n in range(5)]
        seconds = time.monotonic() - began
        told = {problem_code(op) for op in ops}
        tally.demand(told <= {"weights-corrupt", "quarantined"}, f"spoilt weights were answered {sorted(told)}")
        tally.demand("weights-corrupt" in told, f"nobody was told that the weights are spoilt: {sorted(told)}")
        tally.in_time(seconds < 5.0, f"five refusals took {seconds:.1f} s")
        loads = _loads(house, "toy-weighed")
        tally.demand(loads == 0, f"spoilt weights reached the model {loads} times")
        tally.demand(client.ask(Request(text="beside")).kind == "ok", "another model does not answer")
    tally.judge(history)


def _spoil(house: House, at: int, *, cut: bool) -> None:
    stamp = house.weights.stat()
    spoilt = bytearray(weights.content())
    if cut:
        spoilt = spoilt[: at or 1]
    else:
        spoilt[at] ^= 0x40
    house.weights.write_bytes(spoilt)
    os.utime(house.weights, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


def _loop(stage: Stage, tally: Tally) -> None:
    """Its worker dies at every load: the rung below answers, and the loads stop."""
    history = History()
    with stage.house() as house, Client(house.url, history) as client:
        house.tell("flag", "die")
        tried = [Request(text=f"frail {n}", task="toy-frail") for n in range(40)]
        began = time.monotonic()
        together(house.url, history, tried, Client.ask)
        spent = time.monotonic() - began
        loads = _loads(house, "toy-frail")
        tally.faults += loads
        tally.notes |= {"loads tried in the crash loop": loads, "seconds for 40 calls": round(spent, 2)}
        most = 4 + int(spent // COOL_DOWN_S)  # once more whenever its rest is over
        tally.demand(1 <= loads <= most, f"a model that dies at its load was loaded {loads} times in {spent:.0f} s")
        told = _troubles(client)
        tally.demand("toy-frail" in told, f"/readyz does not name the model: {told[:200]}")
        house.flag.unlink()
        if not stage.long:  # a quarantine lasts a minute; asking for the load is the way past it
            client.http.post("/v1/models/toy-frail/load")
        tally.demand(_again(client), "the model did not come back after its fault was gone")
    tally.judge(history)


def _troubles(client: Client) -> str:
    """What /readyz says while the model is left alone; after its rest the next call tries it, and it dies again."""

    def said() -> str:
        text = client.http.get("/readyz").text
        if "toy-frail" in text:
            return text
        client.ask(Request(text=f"frail still {time.monotonic()}", task="toy-frail"))
        return ""

    return until(said, 10, every=0.1) or client.http.get("/readyz").text


def _again(client: Client, patience_s: float = 150.0) -> bool:
    """It answers again by itself."""

    def answers() -> bool:
        op = client.ask(Request(text=f"again {time.monotonic()}", task="toy-frail"))
        return op.kind == "ok" and op.answer["provenance"][0]["variant"] == "toy-frail"

    return until(answers, patience_s, every=0.5)


def _loads(house: House, variant: str) -> int:
    return house.journal.read_text().count(f"load {variant}\n") if house.journal.exists() else 0


DRILL = Drill(
    number=3,
    title="spoilt weights; a crash loop at load",
    promise="Spoilt weights are found before the model sees them and said as weights-corrupt; a model that dies at "
    "its load is left alone after a few tries while the rung below answers, and is tried again later.",
    mutation=Mutation(
        file="rung/runtime/workers/loading.py",
        old='order.hashes.get(name, "")',
        new='""',
    ),
    run=run,
    short=2,
    long=10,
)
