"""Any instruction-tuned GGUF file as `chat`, on llama.cpp (xllamacpp), token by token."""

from __future__ import annotations

import queue
import secrets
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import xllamacpp

from rung.runtime.errors import InvalidInput, LoadFailed, ModelFailed
from rung.runtime.model import Call, Context, Outcome, Part, Progress, Result
from rung.runtime.sections import section
from rung.runtime.tasks import ChatInput, ChatOutput

STEP: Final = 64
"""Tokens of a prompt that are read at once. Between two steps a call can be cancelled."""

LISTEN_S: Final = 0.05
"""Between two looks at whether the call is still wanted, while nothing comes."""

Chunk = Mapping[str, Any]


class GgufChat:
    """One conversation at a time. Its weights are mapped: workers of one file share their pages.

    Options: `context` (tokens of prompt and answer together), `prepack` (re-lay weights for speed where the library
    can, in memory of each worker's own; false keeps all of them mapped), `reuse_prefix` (keep what a prompt has in
    common with the one before: faster turns, but answers are no longer repeatable to the bit, and how long a call
    takes tells whether somebody else's prompt began alike).
    """

    def load(self, context: Context) -> None:
        """Map the file and make room for the conversation. LoadFailed for another device than the CPU."""
        if context.device != "cpu":
            raise LoadFailed(f"{context.variant} runs on the CPU only: set its device to cpu.")
        self._variant = context.variant
        self._reuse = bool(context.options.get("reuse_prefix", False))
        self._server = xllamacpp.Server(parameters(context.weight(".gguf"), context))

    def run(self, calls: Sequence[Call[ChatInput]]) -> Iterator[tuple[int, Outcome]]:
        """Progress while the prompt is read, a Part for each piece of text, a Result."""
        for index, call in enumerate(calls):
            for outcome in self._answer(call):
                yield index, outcome

    def _answer(self, call: Call[ChatInput]) -> Iterator[Outcome]:
        """The library calls back, a model yields: it works in a thread of its own, and this one listens."""
        call.check()
        reply, unwanted = Reply(self._variant), threading.Event()
        said: queue.SimpleQueue[Chunk | BaseException | None] = queue.SimpleQueue()

        def hear(chunk: Chunk) -> bool:
            said.put(chunk)
            return unwanted.is_set()

        worker = threading.Thread(target=_ask, args=(self._server, self._request(call), hear, said), daemon=True)
        worker.start()
        try:
            while (chunk := _next(said, call)) is not None:
                outcome = reply.hear(chunk)
                if outcome is not None:
                    yield outcome
        finally:
            unwanted.set()  # it is asked at the next token, or the next step of the prompt
            worker.join()
        yield Result(reply.output())

    def _request(self, call: Call[ChatInput]) -> dict[str, Any]:
        asked = call.input
        return {
            "messages": [{"role": one.role, "content": one.content} for one in asked.messages],
            "max_tokens": asked.max_tokens,
            "temperature": asked.temperature,
            "stop": list(asked.stop),
            **({} if call.seed is None else {"seed": call.seed % 2**32}),
            "cache_prompt": self._reuse,
            "stream": True,
            "stream_options": {"include_usage": True},
            "return_progress": True,
        }


def parameters(path: Path, context: Context) -> xllamacpp.CommonParams:
    """The library serves HTTP beside its Python calls and cannot be told not to. So that nobody is served, it
    listens on a socket in a folder that only this user can enter, and wants a key that nobody knows."""
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx = int(context.options.get("context", 4096))
    params.n_parallel = 1
    params.n_batch = params.n_ubatch = STEP
    params.n_gpu_layers = 0
    params.no_extra_bufts = not context.options.get("prepack", True)
    for threads in (params.cpuparams, params.cpuparams_batch):
        threads.n_threads = context.threads
    params.n_threads_http = 1
    params.hostnames = [str(Path(tempfile.mkdtemp()) / "unused.sock")]
    params.api_keys = [secrets.token_hex(32)]
    params.ui = params.endpoint_slots = params.warmup = params.fit_params = False
    params.cache_ram_mib = 0  # it would keep whole prompts of other callers
    params.verbosity = 0
    return params


def _ask(server: Any, request: Mapping[str, Any], hear: Callable[[Chunk], bool], said: queue.SimpleQueue[Any]) -> None:
    """In the thread: the last word is None, or what the library raised."""
    try:
        server.handle_chat_completions(request, hear)
    except (ValueError, RuntimeError, TypeError) as error:
        said.put(error)
    else:
        said.put(None)


def _next(said: queue.SimpleQueue[Any], call: Call[ChatInput]) -> Chunk | None:
    """The next chunk, None at the end. Raises what the library raised, or that the call is not wanted any more."""
    while True:
        call.check()
        try:
            word = said.get(timeout=LISTEN_S)
        except queue.Empty:
            continue
        if isinstance(word, Exception):
            raise word
        chunk: Chunk | None = word
        return chunk


@dataclass(slots=True)
class Reply:
    """What has been said so far, chunk by chunk, in the words of the OpenAI protocol."""

    variant: str
    text: str = ""
    reason: Literal["stop", "length"] | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def hear(self, chunk: Chunk) -> Outcome | None:
        """What to tell of this chunk. Raises InvalidInput where the prompt is too long, ModelFailed otherwise."""
        if "error" in chunk:
            raise self._error(chunk["error"])
        usage = chunk.get("usage")
        if usage:
            self.prompt_tokens, self.completion_tokens = usage["prompt_tokens"], usage["completion_tokens"]
        piece = ""
        for choice in chunk.get("choices", ()):
            piece += choice["delta"].get("content") or ""
            if choice["finish_reason"] is not None:
                self.reason = "length" if choice["finish_reason"] == "length" else "stop"
        self.text += piece
        if piece:
            return Part(piece)
        read = chunk.get("prompt_progress")
        return Progress(read["processed"] / max(read["total"], 1), "reading") if read else None

    def output(self) -> ChatOutput:
        """The whole answer. ModelFailed when it never came to an end."""
        if self.reason is None:
            raise ModelFailed(f"{self.variant} stopped in the middle of its answer and did not say why.")
        return ChatOutput(
            text=self.text,
            finish_reason=self.reason,
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
        )

    def _error(self, said: Mapping[str, Any]) -> Exception:
        if said.get("type") == "exceed_context_size_error":
            return InvalidInput(
                f"the messages are {said['n_prompt_tokens']} tokens, {self.variant} has room for {said['n_ctx']}, its"
                f" answer included; shorten them, or set {section(self.variant)} options = {{ context = N }}",
                field="messages",
            )
        return ModelFailed(f"{self.variant} answered with an error: {said.get('message', said)}")
