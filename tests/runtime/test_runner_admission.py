"""Who is refused is told when to come back, by what the last runs took."""

from __future__ import annotations

import pytest

from rung.runtime.errors import QueueFull
from rung.runtime.jobs.estimate import History
from rung.runtime.runner.admission import HELD_BYTES, Load, check
from rung.runtime.settings import ServerSettings

SERVER = ServerSettings(max_queue=100, max_running=2)


@pytest.mark.parametrize(
    "load",
    [
        Load(draining=False, open=100, waiting=100, held=0),
        Load(draining=False, open=1, waiting=100, held=HELD_BYTES),
    ],
    ids=["too many", "too large"],
)
def test_a_refusal_says_when_a_tenth_of_the_line_will_have_moved_on(load: Load) -> None:
    history = History()
    for seconds in (1.0, 8.0, 30.0):
        history.add("toy/sum", seconds)

    with pytest.raises(QueueFull) as refused:
        check("toy/sum", 1, 60.0, load, history, SERVER)

    assert refused.value.details["retry_after_s"] == 8.0 * (100 / 10) / 2


@pytest.mark.parametrize(("asked", "waits"), [("toy/never-seen", 20.0), ("toy/short", 20.0)])
def test_it_is_those_ahead_that_are_waited_for_and_not_what_is_asked(asked: str, waits: float) -> None:
    history = History()
    history.add("toy/long", 4.0)
    history.add("toy/short", 0.1)
    load = Load(draining=False, open=100, waiting=100, held=0, operations={"toy/long": 100})

    with pytest.raises(QueueFull) as refused:
        check(asked, 1, 60.0, load, history, SERVER)

    assert refused.value.details["retry_after_s"] == waits
