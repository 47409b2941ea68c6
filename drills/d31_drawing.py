"""Drill 31: real models read a generated sheet; those that find and read die under it, then their server does."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from drills.checker import ENDS
from drills.client import Asked, Client, read_all
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Request
from drills.house import House, until
from rung.lab.sheets.splits import drawn
from rung.runtime.config.environment import Environment

_SHEET, _DPI = 6, 120
"""The validation sheet with the fewest texts; it has dimensions, frames and a title block."""
_SMALL = "pixels high"
"""Of the warning that so few dots an inch make figures small: the sheet has them so that a job is short."""
_FINDER, _READER = "ppocr-v6-find", "ppocr-v6-read"
"""They take most of a job's time, so that a kill meets them."""
_PATIENCE_S = 300.0
_COMPARED = ("dimensions", "frames", "title_block")


def run(stage: Stage, tally: Tally) -> None:
    """One job without a fault, for the right answer; every round then one under each kind of loss."""
    history, sheet = History(), _Sheet(image=Image.fromarray(drawn("validation", _SHEET).page(dpi=_DPI).picture))
    with stage.house(env=_weights()) as house:
        sheet.right = _undisturbed(house, sheet, tally)
        for number in range(stage.rounds):
            with Client(house.url, history, asked=sheet.asked()) as client:
                _workers_die(stage, house, client, tally, f"workers {number}")
                _server_dies(stage, house, client, tally, f"server {number}")
            tally.rounds += 1
        read_all(house.url, history, _PATIENCE_S, asked=sheet.asked())
        there = {row["id"] for row in httpx.get(f"{house.url}/v1/jobs?limit=1000", timeout=20).json()["jobs"]}
        tally.demand(there == {*history.accepted(), sheet.job}, f"{len(there)} jobs are there")
        held = house.idle_segments()
        tally.demand(held == 0, f"{held} segments are held by an idle server")
        house.end()
        tally.orphans += house.orphans()
    tally.judge(history, attempts=2, right=sheet.owed)


@dataclass(slots=True)
class _Sheet:
    """The page that every request sends. right: what was read of it without a fault. job: that read it then."""

    image: Image.Image
    right: Any = None
    job: str = ""

    def file(self, request: Request) -> bytes:
        """A file of the request's own, by a comment that no reader sees: nothing is known of it from before."""
        comment, made = PngInfo(), io.BytesIO()
        comment.add_text("Comment", request.text)
        self.image.save(made, "png", pnginfo=comment)
        return made.getvalue()

    def owed(self, request: Request) -> str:
        """The digest of the right answer to it."""
        return _digest(hashlib.sha256(self.file(request)).hexdigest(), self.right)

    def asked(self) -> Asked:
        """To analyze it, without files drawn for people."""

        def sent(request: Request, options: Mapping[str, Any]) -> Mapping[str, Any]:
            file = ("sheet.png", self.file(request), "image/png")
            return {"files": {"file": file}, "data": {"dpi": str(_DPI), "exports": "[]"}}

        return Asked(path="/v1/drawings/analyze", sent=sent, told=_told)


def _undisturbed(house: House, sheet: _Sheet, tally: Tally) -> Any:
    """What is read when nothing happens. Raises RuntimeError where that is no answer to compare with."""
    with Client(house.url, History(), asked=sheet.asked()) as client:
        op = client.ended(client.submit(Request(text="undisturbed", key="undisturbed")).job, _PATIENCE_S)
    odd = [one for one in op.answer["warnings"] if _SMALL not in one]
    if op.answer["status"] != "succeeded" or odd:
        said = op.answer["error"] or odd
        raise RuntimeError(f"without a fault the sheet's job {op.answer['status']}: {said}")
    read, sheet.job = op.answer["output"]["read"], op.job
    for name in _COMPARED:
        tally.demand(bool(read[name]), f"nothing is compared: the sheet has no {name}")
        tally.notes[f"{name.replace('_', ' ')} compared"] = len(read[name])
    return read


def _workers_die(stage: Stage, house: House, client: Client, tally: Tally, name: str) -> None:
    """The one that finds texts and the one that reads them, each in the middle of the same job's call."""
    job, killed = client.submit(Request(text=name, key=name)).job, 0.0
    for variant in (_FINDER, _READER):
        pid = _stopped(stage, house, client, job, variant)
        tally.demand(pid is not None, f"{variant} was not met at work")
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            killed = time.monotonic()
            tally.faults += 1
    op = client.ended(job, _PATIENCE_S)
    tally.recover_s.append(op.at - killed)
    calls = [(call["variant"], call["attempts"]) for call in op.answer["provenance"]]
    for variant in (_FINDER, _READER):
        tally.demand((variant, 2) in calls, f"{variant} died under a call, and none says a second attempt: {calls}")


def _server_dies(stage: Stage, house: House, client: Client, tally: Tally, name: str) -> None:
    """While texts are found; the next one on the same folder begins the job again."""
    request = Request(text=name, key=name)
    job = client.submit(request).job
    tally.demand(_busy(house, client, job, _FINDER), f"{_FINDER} was not met at work")
    time.sleep(stage.chance.uniform(0.02, 0.3))  # the random moment is the drill
    house.kill()
    killed = time.monotonic()
    tally.faults += 1
    tally.orphans += house.orphans()
    house.start()
    client.submit(request)  # under the same key: the checker holds it against the first one
    op = client.ended(job, _PATIENCE_S)
    tally.recover_s.append(op.at - killed)
    outcomes = [one["outcome"] for one in op.answer["attempts"]] if op.kind == "ok" else []
    tally.demand(outcomes == ["lost", "succeeded"], f"after its server was killed the job's runs are {outcomes}")


def _busy(house: House, client: Client, job: str, variant: str) -> bool:
    """Wait for a call of the job to that variant; whether it came before the job's end."""

    def running() -> bool:
        return bool(house.state(variant).get("running"))

    until(lambda: running() or client.read(job).answer["status"] in ENDS, _PATIENCE_S, every=0.02)
    return running() or client.read(job).answer["status"] not in ENDS


def _stopped(stage: Stage, house: House, client: Client, job: str, variant: str) -> int | None:
    """The worker of that variant, standing still in the middle of the job's call; None where the job had none.

    A call may end at any moment, however short we look before we kill: a worker that is stopped (SIGSTOP) ends none,
    and one whose call was over by then goes on, and is met at the next.
    """
    while _busy(house, client, job, variant):
        time.sleep(stage.chance.uniform(0.02, 0.3))  # the random moment is the drill
        pid = house.worker(variant)
        if pid is None:
            continue
        os.kill(pid, signal.SIGSTOP)
        if all([house.state(variant).get("running") for _ in range(3)]):  # an answer under way arrives meanwhile
            return pid
        os.kill(pid, signal.SIGCONT)
    return None


def _told(body: Any) -> Any:
    """An answer with what is compared of its output, and a digest of that."""
    if not isinstance(body.get("output"), dict):
        return body
    output = body["output"]
    read = {name: output["pages"][0][name] for name in _COMPARED}
    return body | {"output": {"digest": _digest(output["drawing"], read), "read": read}}


def _digest(drawing: str, read: Any) -> str:
    return hashlib.sha256(json.dumps([drawing, read], sort_keys=True).encode()).hexdigest()


def _weights() -> Mapping[str, str]:
    """The models are this machine's real ones: a house's own cache is empty."""
    return {"RUNG_CACHE_DIR": Environment(os.environ).folders()[1]}


DRILL = Drill(
    number=31,
    title="a drawing: its models are killed (-9), then its server",
    promise="Dimensions, frames and title block are to the last digit those of a job without a fault; the calls whose "
    "workers died, and the job whose server did, say that it took two attempts. It needs the weights of "
    f"{_FINDER} and {_READER}.",
    mutation=Mutation(
        file="rung/runtime/runner/stored.py",
        old="if isinstance(item, Picture | Document)]",
        new="if isinstance(item, Picture)]",
    ),
    run=run,
    short=1,
    long=5,
)
