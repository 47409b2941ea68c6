"""Chat on llama.cpp: how its chunks become outcomes, how a call is taken back, and the real small model."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rung.models.catalog.chat import SMOLLM2
from rung.models.gguf_chat import GgufChat, Reply, parameters
from rung.runtime.errors import Cancelled, InvalidInput, ModelFailed
from rung.runtime.model import Context, Outcome, Part, Progress, Result
from rung.runtime.spec import Weights
from rung.runtime.tasks import TASKS, ChatInput, ChatOutput, Message


def piece(text: str | None, reason: str | None = None) -> dict[str, Any]:
    return {"choices": [{"finish_reason": reason, "index": 0, "delta": {"content": text}}]}


USAGE = {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}}


def test_pieces_become_parts_and_together_the_answer() -> None:
    reply = Reply("m")

    told = [reply.hear(chunk) for chunk in (piece(None), piece("Hello"), piece(" there"), piece(None, "stop"), USAGE)]

    assert told == [None, Part("Hello"), Part(" there"), None, None]
    assert reply.output() == ChatOutput(text="Hello there", finish_reason="stop", prompt_tokens=7, completion_tokens=2)


def test_reading_the_prompt_is_progress_and_an_answer_that_is_cut_says_so() -> None:
    reply = Reply("m")

    assert reply.hear(piece(None) | {"prompt_progress": {"processed": 64, "total": 256}}) == Progress(0.25, "reading")
    reply.hear(piece("x", "length"))
    assert reply.output().finish_reason == "length"


def test_a_prompt_that_is_too_long_is_the_callers_and_anything_else_the_models() -> None:
    said = {"type": "exceed_context_size_error", "n_prompt_tokens": 5000, "n_ctx": 4096, "message": "m", "code": 400}

    with pytest.raises(InvalidInput, match="5000 tokens, tiny has room for 4096") as caught:
        Reply("tiny").hear({"error": said})
    assert caught.value.details["field"] == "messages"
    with pytest.raises(ModelFailed, match="out of luck"):
        Reply("tiny").hear({"error": {"message": "out of luck", "type": "server_error"}})
    with pytest.raises(ModelFailed, match="in the middle"):
        Reply("tiny").output()


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_and_options_reach_the_library_and_nobody_else_can(threads: int) -> None:
    context = Context(
        variant="m", task="chat", device="cpu", precision="q4", threads=threads, weights={}, options={"context": 1024}
    )

    made = parameters(Path("/net.gguf"), context)

    assert (made.cpuparams.n_threads, made.cpuparams_batch.n_threads, made.n_ctx) == (threads, threads, 1024)
    (address,) = made.hostnames
    assert Path(address).suffix == ".sock" and Path(address).parent.stat().st_mode & 0o777 == 0o700
    assert len(made.api_keys[0]) == 64 and made.cache_ram_mib == 0


def asked(*said: str, **more: Any) -> ChatInput:
    roles = ("user", "assistant")
    return ChatInput(messages=tuple(Message(role=roles[n % 2], content=text) for n, text in enumerate(said)), **more)


class Heard:
    """A call that is taken back at its n-th look, if at all."""

    def __init__(self, input: ChatInput, *, seed: int | None = None, looks: int | None = None) -> None:
        self.input, self.seed, self.id, self.options, self._left = input, seed, "c", {}, looks

    def check(self) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise Cancelled("The call was cancelled.")


class Library:
    """Says a word each time it is asked to go on, and comes to no end by itself for seconds."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.ended = error, threading.Event()

    def handle_chat_completions(self, request: dict[str, Any], hear: Callable[[Any], bool]) -> None:
        if self.error is not None:
            raise self.error
        for _ in range(3000):  # who does not stop it has to wait
            if hear(piece("la ")):
                self.ended.set()
                return
            time.sleep(0.001)


def with_library(library: Library) -> GgufChat:
    model = GgufChat()
    model._variant, model._reuse, model._server = "m", False, library
    return model


def test_a_call_that_is_taken_back_stops_the_library_at_its_next_word() -> None:
    library = Library()
    parts = []

    with pytest.raises(Cancelled):
        for _, outcome in with_library(library).run([Heard(asked("sing"), looks=5)]):  # type: ignore[list-item]
            parts.append(outcome)

    assert library.ended.is_set() and parts and all(part == Part("la ") for part in parts)


def test_what_the_library_raises_is_raised() -> None:
    with pytest.raises(ValueError, match="no template"):
        list(with_library(Library(ValueError("no template"))).run([Heard(asked("hi"))]))  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("field", "input"),
    [
        ("messages", asked()),
        ("messages", asked("hello", "hi there")),
        ("max_tokens", asked("hi", max_tokens=0)),
        ("temperature", asked("hi", temperature=-1.0)),
        ("stop", asked("hi", stop=("",))),
    ],
)
def test_what_nobody_could_answer_is_refused(field: str, input: ChatInput) -> None:
    with pytest.raises(InvalidInput) as caught:
        TASKS["chat"].check(input)

    assert caught.value.details["field"] == field


@pytest.fixture(scope="module")
def real(weight: Callable[[Weights], Path]) -> GgufChat:
    (file,) = SMOLLM2.weights
    model = GgufChat()
    options = {**SMOLLM2.options, "context": 256}
    model.load(
        Context(
            variant="smol", task="chat", device="cpu", precision="q4", threads=1,
            weights={file.name: weight(file)}, options=options,
        )
    )  # fmt: skip
    return model


def answered(model: GgufChat, input: ChatInput, seed: int | None = None) -> tuple[list[Outcome], ChatOutput]:
    *before, (_, last) = model.run([Heard(input, seed=seed)])  # type: ignore[list-item]
    assert isinstance(last, Result)
    return [outcome for _, outcome in before], last.output


CAPITAL = "What is the capital of France? Answer in one word."


@pytest.mark.weights
def test_the_real_model_answers_in_pieces(real: GgufChat) -> None:
    before, output = answered(real, asked(CAPITAL, temperature=0.0, max_tokens=32))

    assert "Paris" in output.text and output.finish_reason == "stop"
    pieces = [outcome.value for outcome in before if isinstance(outcome, Part)]
    assert "".join(pieces) == output.text and len(pieces) > 1
    assert output.completion_tokens >= len(pieces) > 0 and output.prompt_tokens > 10


@pytest.mark.weights
def test_a_seed_repeats_an_answer_and_another_gives_another(real: GgufChat) -> None:
    warm = asked("Tell me a story about a fox.", temperature=1.5, max_tokens=24)

    texts = [answered(real, warm, seed)[1].text for seed in (1, 2, 1)]

    assert texts[0] == texts[2] != texts[1]


@pytest.mark.weights
def test_an_answer_is_cut_at_its_length_and_at_a_stop_text(real: GgufChat) -> None:
    short = answered(real, asked("Tell me a story about a fox.", temperature=0.0, max_tokens=5))[1]
    before, stopped = answered(real, asked(CAPITAL, temperature=0.0, max_tokens=32, stop=("Paris",)))

    assert (short.finish_reason, short.completion_tokens) == ("length", 5)
    assert stopped.finish_reason == "stop" and "Paris" not in stopped.text
    assert "".join(one.value for one in before if isinstance(one, Part)) == stopped.text


@pytest.mark.weights
def test_a_prompt_beyond_the_context_is_refused_with_the_numbers(real: GgufChat) -> None:
    with pytest.raises(InvalidInput, match="smol has room for 256"):
        answered(real, asked("The quick brown fox jumps over the lazy dog. " * 60))


@pytest.mark.weights
def test_messages_before_are_read_too(real: GgufChat) -> None:
    """What a model of this size makes of them is its own affair."""
    alone = answered(real, asked("And now?", max_tokens=1))[1]
    after = answered(real, asked("Tell me a story.", "There was a fox.", "And now?", max_tokens=1))[1]

    assert after.prompt_tokens >= alone.prompt_tokens + 8
