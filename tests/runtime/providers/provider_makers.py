"""Variants that others serve, a ladder of them on a machine, and a fleet that asks them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from rung.runtime.caller import Ask
from rung.runtime.engine import EngineAnswer
from rung.runtime.nodes.fleet import Fleet
from rung.runtime.nodes.providers.node import Providers
from rung.runtime.planning.plan import make_plan
from rung.runtime.settings import Settings, VariantSettings
from rung.runtime.spec import (
    Answer,
    Device,
    Facts,
    Footprint,
    Machine,
    Placeable,
    Plan,
    Policy,
    Provider,
    Runtime,
    Variant,
)  # fmt: skip
from rung.runtime.tasks import DescribeInput, DescribeOutput, Picture

KEYS = {"OPENAI_API_KEY": "sk-secret-of-openai", "ANTHROPIC_API_KEY": "sk-ant-secret"}
SCHEMA = (
    '{"type": "object", "properties": {"title": {"type": "string"}, "views": {"type": "integer"}},'
    ' "required": ["title", "views"], "additionalProperties": false}'
)
PNG = Picture(data=b"\x89PNG of a drawing", key="k", width=10, height=8, media_type="image/png")
RULES = Variant(
    name="rules", task="describe", title="rules", loader="m:f", runtime="plain", kind="substitute", verified="ran",
    places=(Placeable(device="cpu", precision="none", footprint=Footprint(resident=1)),),
)  # fmt: skip


def served(name: str, key: str = "", **options: Any) -> Variant:
    protocol: Any = "anthropic" if name == "anthropic" else "openai"
    provider = Provider(name=name, protocol=protocol, key=key, priced="2025")
    plain = {"url": f"https://api.{name}.example/v1", "model": "large", "own": False}
    return Variant(
        name=name, task="describe", title=name, loader="", runtime="", kind="real", places=(), provider=provider,
        options={**plain, "price_prompt": 2.0, "price_completion": 10.0, **options},
    )  # fmt: skip


ANTHROPIC, OPENAI = served("anthropic", "ANTHROPIC_API_KEY"), served("openai", "OPENAI_API_KEY")


def planned(*ladder: Variant, offline: bool = False, keys: dict[str, str] = KEYS, **options: dict[str, Any]) -> Plan:
    """options: by variant's name, as the user sets them."""
    cpu = Device(id="cpu", kind="cpu", memory_total=2**34, memory_free=2**34)
    machine = Machine(name="m", cores=2, ram_total=2**34, ram_free=2**34, devices=(cpu,))
    settings = Settings(
        data_dir="/d", cache_dir="/c", offline=offline, provider_keys=keys,
        variants={name: VariantSettings(options=told) for name, told in options.items()},
    )  # fmt: skip
    runtimes = {"plain": Runtime(name="plain", modules=())}
    return make_plan(machine, {"describe": ladder or (ANTHROPIC, OPENAI, RULES)}, runtimes, Facts(), settings)


class Rules:
    """The foot of the ladder."""

    name = "local"

    async def call(self, variant: str, input: Any, **more: Any) -> EngineAnswer:
        return EngineAnswer(output=DescribeOutput(text="by rules"), queue_s=0, load_s=0, run_s=0, peak_bytes=None,
                            cached=(), warnings=(), attempts=1)  # fmt: skip


@asynccontextmanager
async def fleet(plan: Plan, keys: dict[str, str] = KEYS) -> AsyncIterator[Fleet]:
    placements = {r.variant.name: r for t in plan.tasks.values() for r in t.rungs if r.variant.provider}
    async with Providers(placements, keys) as providers:
        yield Fleet(lambda: plan, Rules(), providers)  # type: ignore[arg-type]


async def ask(
    house: Fleet, seconds: float = 20.0, schema: str = SCHEMA, pictures: tuple[Picture, ...] = (PNG,), **policy: Any
) -> Answer:
    asked = DescribeInput(pictures=pictures, prompt="What is drawn?", schema=schema, max_tokens=300)
    deadline = time.monotonic() + seconds
    return await house.call("describe", asked, Ask(policy=Policy(**policy), deadline=deadline))
