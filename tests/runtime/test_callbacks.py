import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from rung.runtime.callbacks import (
    BACK_OFF,
    POLL_S,
    TIMEOUT_S,
    Callbacks,
    Outbox,
    check_callback,
    next_wait,
    sign,
    signing_key,
)
from rung.runtime.errors import ConfigError, FetchFailed, RungError, StoreError, UrlRefused
from rung.runtime.fetch import Fetcher
from rung.runtime.settings import FetchSettings

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass(frozen=True)
class Note:
    id: str
    url: str = "https://one.test/hook"
    job: str = "job"
    body: str = '{"type":"job.succeeded"}'
    attempts: int = 0


@dataclass
class Box:
    """An outbox in memory, with the promises of the one on disk: what was handed out is due again after 60 s."""

    rows: dict[str, tuple[float, Note]] = field(default_factory=dict)
    done: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    away: int = 0

    def add(self, *notes: Note) -> None:
        self.rows |= {note.id: (0.0, note) for note in notes}

    def _here(self) -> None:
        if self.away:
            self.away -= 1
            raise StoreError("the database is away")

    async def due(self, now: float, limit: int) -> list[Note]:
        self._here()
        found = [note for at, note in sorted(self.rows.values(), key=lambda row: row[0]) if at <= now][:limit]
        self.rows |= {note.id: (now + 60, note) for note in found}
        return found

    async def delivered(self, message_id: str) -> None:
        self._here()
        del self.rows[message_id]
        self.done[message_id] = "delivered"

    async def failed(self, message_id: str, error: str, next_due: float) -> None:
        self._here()
        note = self.rows[message_id][1]
        self.rows[message_id] = (next_due, replace(note, attempts=note.attempts + 1))
        self.errors.append(error)

    async def given_up(self, message_id: str, error: str) -> None:
        self._here()
        del self.rows[message_id]
        self.done[message_id] = f"given up: {error}"


Answers = Callable[[str], "int | RungError | asyncio.Event"]


@dataclass
class Receivers(Fetcher):
    """Answers by URL: a status, an error, or an event that has to be set first (then 200)."""

    answers: Answers = lambda url: 200
    posts: list[tuple[str, bytes, dict[str, str], float | None]] = field(default_factory=list)
    now: int = 0
    most: int = 0

    async def post(self, url: str, body: bytes, headers: object, *, timeout_s: float | None = None) -> int:
        self.posts.append((url, body, dict(headers), timeout_s))  # type: ignore[call-overload]
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            match self.answers(url):
                case int(status):
                    return status
                case asyncio.Event() as held:
                    await held.wait()
                    return 200
                case error:
                    raise error
        finally:
            self.now -= 1

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for _, _, headers, _ in self.posts]


@dataclass
class Clock:
    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Setting:
    box: Box
    web: Receivers
    clock: Clock
    callbacks: Callbacks

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not true():
                await asyncio.sleep(0)

    async def settle(self) -> None:
        """Everything that can be done now is done."""
        for _ in range(200):
            await asyncio.sleep(0)


@asynccontextmanager
async def running(answers: Answers = lambda url: 200, *notes: Note, box: Box | None = None) -> AsyncIterator[Setting]:
    box, web, clock = box or Box(), Receivers(answers), Clock()
    box.add(*notes)
    callbacks = Callbacks(box, web, SECRET, clock=clock, jitter=lambda: 0.5)
    task = asyncio.create_task(callbacks.run())
    try:
        yield Setting(box, web, clock, callbacks)
        assert not task.done(), task
    finally:
        task.cancel()
        await asyncio.wait({task})


# --- the signature ------------------------------------------------------------------------------------------


def test_the_signature_is_the_one_of_the_standards_own_example() -> None:
    """The vector that Svix and the libraries of Standard Webhooks are tested with."""
    body = b'{"test": 2432232314}'

    made = sign(signing_key(SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)

    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_a_receiver_can_verify_what_it_gets_by_the_text_of_the_standard() -> None:
    async with running(lambda url: 200, Note("msg_1", body='{"a":"é"}')) as it:
        await it.until(lambda: it.box.done == {"msg_1": "delivered"})

    url, body, headers, timeout_s = it.web.posts[0]
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"].split(" ") == [f"v1,{expected}"]
    assert (url, headers["webhook-timestamp"], timeout_s) == ("https://one.test/hook", "1700000000", TIMEOUT_S)
    assert headers["content-type"] == "application/json"
    assert json.loads(body) == {"a": "é"}
    assert it.callbacks.counts == {"delivered": 1}


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_@@@", "whsec_é"])
def test_without_a_usable_secret_nothing_is_told_at_all(secret: str) -> None:
    with pytest.raises(ConfigError, match="RUNG_CALLBACK_SECRET"):
        Callbacks(Box(), Receivers(), secret)


def test_a_secret_in_plain_text_is_its_own_key() -> None:
    assert signing_key("correct horse") == b"correct horse"


# --- what comes of an attempt -------------------------------------------------------------------------------


async def test_what_fails_is_told_again_under_the_same_id_with_a_new_time_and_signature() -> None:
    answers = iter([500, FetchFailed("one.test: not done within 10 s"), 302, 204])
    async with running(lambda url: next(answers), Note("msg_1")) as it:
        for attempt, wait in enumerate(BACK_OFF[:3], 1):
            await it.until(lambda done=attempt: len(it.box.errors) == done)
            assert it.box.rows["msg_1"][0] == it.clock.now + wait
            it.callbacks.poke()
            await it.settle()
            assert len(it.web.posts) == attempt, "told before it was due"
            it.clock.now += wait
            it.callbacks.poke()
        await it.until(lambda: it.box.done == {"msg_1": "delivered"})

    assert it.box.errors == ["answered 500", "one.test: not done within 10 s", "answered 302"]
    assert it.web.ids() == ["msg_1"] * 4
    assert len({headers["webhook-signature"] for _, _, headers, _ in it.web.posts}) == 4
    assert it.callbacks.counts == {"failed": 3, "delivered": 1}


async def test_after_about_a_day_it_is_given_up_and_said(caplog: pytest.LogCaptureFixture) -> None:
    async with running(lambda url: 503, Note("msg_1")) as it:
        begun = it.clock.now
        for attempt, wait in enumerate(BACK_OFF, 1):
            await it.until(lambda done=attempt: len(it.box.errors) == done)
            it.clock.now += wait
            it.callbacks.poke()
        await it.until(lambda: "msg_1" in it.box.done)

    assert it.box.done == {"msg_1": "given up: answered 503"}
    assert len(it.web.posts) == len(BACK_OFF) + 1
    assert 18 * 3600 < it.clock.now - begun < 30 * 3600
    assert "given up after 9 attempts" in caplog.text


async def test_a_receiver_that_says_gone_is_not_asked_again() -> None:
    async with running(lambda url: 410, Note("msg_1")) as it:
        await it.until(lambda: it.box.done == {"msg_1": "given up: answered 410"})

    assert len(it.web.posts) == 1


async def test_a_message_that_breaks_us_does_not_stop_the_others() -> None:
    bug: RungError = ValueError("a bug")  # type: ignore[assignment]
    async with running(lambda url: bug if "bad" in url else 200, Note("a", "https://bad.test/"), Note("b")) as it:
        await it.until(lambda: it.box.done == {"b": "delivered"} and len(it.box.errors) == 1)

    assert it.box.errors == ["could not be sent (ValueError)"]


async def test_a_database_that_is_away_costs_time_and_no_second_telling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rung.runtime.callbacks.POLL_S", 0.01)

    def told(url: str) -> int:
        it.box.away = 3
        return 200

    async with running(told) as it:
        it.box.away = 2
        it.box.add(Note("msg_1"))
        await it.until(lambda: it.box.done == {"msg_1": "delivered"})

    assert it.web.ids() == ["msg_1"]


async def test_what_was_being_told_when_the_server_ended_is_told_again_by_the_next() -> None:
    held = asyncio.Event()
    async with running(lambda url: held, Note("msg_1")) as first:
        await first.until(lambda: len(first.web.posts) == 1)

    async with running(lambda url: 200, box=first.box) as second:
        second.clock.now += 61
        second.callbacks.poke()
        await second.until(lambda: second.box.done == {"msg_1": "delivered"})

    assert first.web.ids() == second.web.ids() == ["msg_1"]


def test_the_waits_grow_and_vary_by_a_fifth() -> None:
    assert [next_wait(n, 0.5) for n in range(1, 9)] == list(BACK_OFF)
    assert next_wait(9, 0.5) is None
    assert (next_wait(1, 0.0), next_wait(1, 1.0)) == (4.0, pytest.approx(6.0))


# --- many receivers -----------------------------------------------------------------------------------------


async def test_at_most_four_are_told_at_once() -> None:
    held = asyncio.Event()
    async with running(lambda url: held, *(Note(f"m{n}", f"https://r{n}.test/") for n in range(9))) as it:
        await it.until(lambda: len(it.web.posts) == 4)
        await it.settle()
        assert len(it.web.posts) == 4
        held.set()
        await it.until(lambda: len(it.box.done) == 9)

    assert it.web.most == 4


async def test_a_receiver_that_fails_and_hangs_does_not_hold_up_the_others() -> None:
    """Five hundred messages for it stand before one for another."""
    held, first = asyncio.Event(), True

    def answers(url: str) -> int | asyncio.Event:
        nonlocal first
        if "good" in url:
            return 200
        if first:
            first = False
            return 500
        return held

    async with running(answers, Note("first", "https://bad.test/x")) as it:
        await it.until(lambda: len(it.box.errors) == 1)
        it.box.add(*(Note(f"bad{n}", f"https://bad.test/{n}") for n in range(500)), Note("good", "https://good.test/"))
        it.callbacks.poke()
        await it.until(lambda: it.box.done == {"good": "delivered"})
        await it.settle()

        assert len(it.web.posts) == 3, "more than one connection to a receiver that fails"


async def test_a_thousand_messages_for_a_healthy_receiver_go_out_in_one_go() -> None:
    async with running(lambda url: 200, *(Note(f"m{n}") for n in range(1000))) as it:
        await it.until(lambda: len(it.box.done) == 1000)

    assert len(it.web.posts) == 1000


async def test_what_is_put_in_the_outbox_by_others_is_found_without_a_poke(monkeypatch: pytest.MonkeyPatch) -> None:
    assert POLL_S <= 5
    monkeypatch.setattr("rung.runtime.callbacks.POLL_S", 0.01)
    async with running() as it:
        await it.settle()
        it.box.add(Note("msg_1"))
        await it.until(lambda: it.box.done == {"msg_1": "delivered"})


# --- what may be asked for ----------------------------------------------------------------------------------


def test_a_callback_is_checked_when_it_is_asked_for() -> None:
    on = FetchSettings(callbacks=True, hosts=("good.test",))

    check_callback("https://good.test/hook?x=1", on)
    for url, why in {
        "https://evil.test/": "not one of the hosts",
        "http://good.test/": "only https",
        "https://good.test@evil.test/": "host cannot be read",
        "https://good.test:8443/": "port 443",
    }.items():
        with pytest.raises(UrlRefused, match=why) as refused:
            check_callback(url, on)
        assert refused.value.details["field"] == "options.callback"
    with pytest.raises(UrlRefused, match="switched off"):
        check_callback("https://good.test/", FetchSettings(inputs=True))


def test_the_fake_outbox_of_these_tests_is_an_outbox() -> None:
    box: Outbox = Box()
    assert box
