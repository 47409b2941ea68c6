"""Drill 18: numbers that are none, on their way in and on their way out."""

from __future__ import annotations

from drills.client import Client, parsed, problem_code
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Request
from drills.house import House
from drills.raw import exchange, get, post

_JSON = "Content-Type: application/json"
_WORDS = ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "nan", "inf")


def run(stage: Stage, tally: Tally) -> None:
    """Every word in every place, and a model whose answer is NaN."""
    history = History()
    with stage.house() as house, Client(house.url, history) as client:
        client.warm()
        before = house.holdings()
        for number in range(stage.rounds):
            _inward(house, tally)
            op = client.ask(Request(text=f"nan {number}", do="nan", may_fail=True))
            tally.faults += 1
            tally.demand(
                op.kind == "fail" and problem_code(op) == "nan-output", f"NaN was answered {op.status} {op.answer}"
            )
            late = client.submit(Request(text=f"nan later {number}", do="nan", may_fail=True))
            told = client.ended(late.job)
            tally.demand(problem_code(told) == "nan-output", f"NaN of a job that nobody waited for: {told.answer}")
            for path in (f"/v1/jobs/{late.job}", "/v1/jobs", "/metrics"):
                _is_json(house, tally, path)
            tally.demand(client.ask(Request(text=f"good {number}")).kind == "ok", "a good call after a NaN failed")
            tally.rounds += 1
        tally.leaks(house.leaked(before))
    tally.judge(history)


def _inward(house: House, tally: Tally) -> None:
    for word in _WORDS:
        for body in (
            f'{{"text": "a", "rounds": {word}}}',
            f'{{"text": "a", "options": {{"deadline_s": {word}}}}}',
            f'{{"text": {word}}}',
        ):
            reply = exchange(house.port, [post("/v1/toy/hash", body.encode(), _JSON)])
            tally.faults += 1
            tally.demand(reply.status in (400, 422), f"{body} was answered {reply.status}")
            _strict(tally, body, reply.body)
        form = f'--b\r\nContent-Disposition: form-data; name="rounds"\r\n\r\n{word}\r\n--b--\r\n'.encode()
        reply = exchange(house.port, [post("/v1/toy/hash", form, "Content-Type: multipart/form-data; boundary=b")])
        tally.faults += 1
        tally.demand(reply.status in (400, 422), f"rounds={word} as a form was answered {reply.status}")


def _is_json(house: House, tally: Tally, path: str) -> None:
    body = exchange(house.port, [get(path)]).body
    if path != "/metrics":
        _strict(tally, path, body)


def _strict(tally: Tally, what: str, body: bytes) -> None:
    try:
        parsed(body.decode())
    except ValueError as error:
        tally.demand(False, f"{what}: {error}")


DRILL = Drill(
    number=18,
    title="NaN and infinity, in and out",
    promise="Refused in inputs with 400 or 422; found in a model's answer and said as nan-output; every body is JSON.",
    mutation=Mutation(
        file="rung/runtime/runner/outputs.py",
        old="json.dumps(output, allow_nan=False)",
        new="json.dumps(output, allow_nan=True)",
    ),
    run=run,
    short=1,
    long=20,
)
