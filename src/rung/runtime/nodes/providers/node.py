"""Providers as a node: a model that others serve is asked by HTTP, from this process, without a worker.

Asking is waiting: it takes no memory that would have to be placed and no process that could crash, so the scheduler has
nothing to decide; keys stay in this process, which workers never see.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import httpx

from rung.runtime.caller import Tell
from rung.runtime.engine import EngineAnswer
from rung.runtime.errors import DeadlineExceeded, ModelFailed, ProviderFailed
from rung.runtime.nodes.providers import anthropic, openai
from rung.runtime.nodes.providers.refusals import REST_S, refused, rest_s
from rung.runtime.nodes.providers.shape import read_schema, violation
from rung.runtime.nodes.providers.talk import Post, Said, Talk, Turn, is_named
from rung.runtime.planning.providers import price_of
from rung.runtime.sections import section
from rung.runtime.spec import Cost, Placement, Provider
from rung.runtime.tasks import DescribeInput, DescribeOutput, check_describe

CONNECT_S: Final = 10.0
LARGEST: Final = 8 * 1024 * 1024
"""Bytes of an answer."""
LONGEST_REST_S: Final = 900.0
_TRIES: Final = 2
"""An answer that does not fit its schema is asked for once more, with what is wrong with it."""


@dataclass(slots=True)
class _Spent:
    """What all tries of one call took."""

    prompt: int = 0
    completion: int = 0
    tries: int = 0
    warnings: tuple[str, ...] = ()

    def add(self, said: Said) -> None:
        self.prompt, self.completion = self.prompt + said.prompt_tokens, self.completion + said.completion_tokens


@dataclass(slots=True, eq=False)
class Providers:
    """`async with` it: connections are kept meanwhile. placements: by variant, those that others serve. keys: by the
    name of their environment variable."""

    placements: Mapping[str, Placement]
    keys: Mapping[str, str] = field(repr=False)
    name: str = "providers"
    _client: httpx.AsyncClient | None = None
    _rests: dict[str, tuple[float, str]] = field(default_factory=dict)
    """Variant -> until when (time.monotonic()), and why."""

    async def __aenter__(self) -> Providers:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def call(
        self, variant: str, input: Any, *, deadline: float, scope: str, seed: int | None, tell: Tell, replaceable: bool
    ) -> EngineAnswer:
        """Ask. Raises ProviderFailed, after which the next rung may answer; DeadlineExceeded."""
        placement = self.placements[variant]
        if replaceable:
            self._check_rest(variant)
        begun = time.monotonic()
        try:
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + deadline - begun):
                output, spent = await self._answer(placement, input, seed, tell)
        except TimeoutError as error:
            raise DeadlineExceeded(f"{variant} did not answer within {deadline - begun:.1f} s") from error
        except ProviderFailed as error:
            self._rests[variant] = (time.monotonic() + min(rest_s(error), LONGEST_REST_S), error.message)
            raise
        self._rests.pop(variant, None)
        cost, warnings = _cost(placement, spent)
        warnings += spent.warnings
        return EngineAnswer(
            output=output,
            queue_s=0.0,
            load_s=0.0,
            run_s=time.monotonic() - begun,
            peak_bytes=None,
            cached=(),
            warnings=warnings,
            attempts=spent.tries,
            cost=cost,
        )

    def _check_rest(self, variant: str) -> None:
        until, why = self._rests.get(variant, (0.0, ""))
        left = until - time.monotonic()
        if left > 0:
            raise ProviderFailed(f"{variant} is not asked again for {left:.0f} s: {why}", retry_after_s=left)

    async def _answer(
        self, placement: Placement, input: Any, seed: int | None, tell: Tell
    ) -> tuple[DescribeOutput, _Spent]:
        if not isinstance(input, DescribeInput):
            raise ModelFailed(f"{placement.variant.name} answers the task describe only, not {type(input).__name__}.")
        check_describe(input)
        model, schema = str(placement.options["model"]), read_schema(input.schema)
        talk, spent = Talk(asked=input, model=model, schema=schema, seed=seed), _Spent()
        while True:
            spent.tries += 1
            said = await self._said(placement, talk)
            spent.add(said)
            if said.cut and schema is not None:  # a second try would be as long, and is paid for too
                raise ProviderFailed(
                    f"{placement.variant.name}'s answer was cut off at max_tokens = {input.max_tokens}: ask for more."
                )
            value, wrong = _understood(said, schema)
            if not wrong:
                text = said.text if schema is None else json.dumps(value, ensure_ascii=False)
                spent.warnings = tuple(_doubts(said, placement, input.max_tokens))
                return _output(text, spent), spent
            tell(f"{placement.variant.name} answered what does not fit: {wrong}")
            if spent.tries == _TRIES:
                raise ProviderFailed(f"{placement.variant.name} answered {_TRIES} times what does not fit: {wrong}")
            complaint = f"That does not fit the schema: {wrong}. Answer again, with the JSON alone."
            talk = replace(talk, turns=(*talk.turns, Turn(answer=said.text, complaint=complaint)))

    async def _said(self, placement: Placement, talk: Talk) -> Said:
        provider, url = placement.variant.provider, str(placement.options["url"]).rstrip("/")
        assert provider is not None
        key = self.keys.get(provider.key, "")
        if provider.protocol == "anthropic":
            return anthropic.said(await self._sent(provider, url, anthropic.post(talk, key)), provider.name)
        wanted = openai.post(talk, key, completion=provider.name == "openai")
        return openai.said(await self._sent(provider, url, wanted), provider.name)

    async def _sent(self, provider: Provider, url: str, post: Post) -> Any:
        """The parsed answer of a 200. Raises ProviderFailed for everything else, and never says the key."""
        if self._client is None:
            # Proxies of the environment would be asked for what answers on this machine too: none is taken.
            timeout = httpx.Timeout(None, connect=CONNECT_S)
            self._client = httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False)
        try:
            async with self._client.stream("POST", url + post.path, headers=post.headers, json=post.body) as response:
                body = await _read(response, provider)
        except httpx.HTTPError as error:
            why = f"{provider.name} cannot be reached: {type(error).__name__}."
            raise ProviderFailed(why, retry_after_s=REST_S) from error
        if response.status_code != httpx.codes.OK:
            raise refused(provider, response.status_code, response.headers, body)
        try:
            return json.loads(body)
        except ValueError as error:
            raise ProviderFailed(f"{provider.name} answered 200, and what it sent is no JSON.", status=200) from error


async def _read(response: httpx.Response, provider: Provider) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > LARGEST:
            raise ProviderFailed(f"{provider.name} answered with more than {LARGEST} bytes.")
    return bytes(body)


def _understood(said: Said, schema: Mapping[str, Any] | None) -> tuple[Any, str]:
    """The value of an answer by schema, and what is wrong with it."""
    if schema is None:
        return None, "" if said.text.strip() else "it is empty"
    try:
        value = json.loads(said.text)
    except ValueError as error:
        return None, f"it is no JSON ({error})"
    return value, violation(value, schema)


def _doubts(said: Said, placement: Placement, max_tokens: int) -> Iterator[str]:
    """What whoever reads the answer has to know of it."""
    asked = str(placement.options["model"])
    if said.cut:
        yield f"the answer was cut off at max_tokens = {max_tokens}"
    if said.model and not is_named(asked, said.model):
        told = said.model.rpartition("/")[2]  # of a path the file's name: the rest is that machine's own
        yield f"{placement.variant.name}: {asked} was asked for, and the server says that {told} answered"


def _output(text: str, spent: _Spent) -> DescribeOutput:
    return DescribeOutput(text=text, prompt_tokens=spent.prompt, completion_tokens=spent.completion)


def _cost(placement: Placement, spent: _Spent) -> tuple[Cost, tuple[str, ...]]:
    """Of all tries, by the options' prices; nothing where the model runs on machines of ours."""
    variant, told = placement.variant, placement.options
    price = price_of(variant, told) if placement.reach == "any" else (0.0, 0.0)
    if price is None:
        here = f"{section(variant.name)} options price_prompt and price_completion"
        return Cost(), (f"what this call cost is not known: set {here} for {told['model']}",)
    return Cost(amount=(spent.prompt * price[0] + spent.completion * price[1]) / 1e6), ()
