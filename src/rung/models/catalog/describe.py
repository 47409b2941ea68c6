"""The ladder of `describe`, best first: providers, models of the user's own servers, and rules.

Which of the large ones reads drawings best nobody has measured here. Published (Machines 2025, 13, 254): GPT-4o reads
84 % of the dimensions of seven drawings, and none of their feature control frames.
"""

from __future__ import annotations

from typing import Literal

from rung.runtime.spec import Footprint, Licence, MiB, Placeable, Provider, Quality, Variant

_UNMEASURED = Quality(value=None, source="unmeasured here")
_SERVICE_TRIED = "What it is sent fits its published types; the real service was never asked from here."
_SERVER_TRIED = (
    "Its protocol ran here against llama.cpp's server with a text model that refuses pictures; no model that sees was"
    " asked."
)
_CONTRACT = "pictures, a prompt and a JSON Schema -> text that fits it, with the tokens that the server counted"


def _external(name: str, title: str, url: str, model: str, key: str, prices: tuple[float, float]) -> Variant:
    protocol: Literal["openai", "anthropic"] = "anthropic" if name == "anthropic" else "openai"
    return Variant(
        name=name,
        task="describe",
        title=title,
        loader="",
        runtime="",
        kind="real",
        places=(),
        provider=Provider(name=name, protocol=protocol, key=key, priced="2025", tried=_SERVICE_TRIED),
        options={"url": url, "model": model, "own": False, "price_prompt": prices[0], "price_completion": prices[1]},
        limit_s=120.0,
        quality=_UNMEASURED,
        contract=_CONTRACT,
        verified="never",
    )


ANTHROPIC = _external(
    "anthropic", "Anthropic's messages API", "https://api.anthropic.com/v1", "claude-sonnet-4-5", "ANTHROPIC_API_KEY",
    (3.0, 15.0),
)  # fmt: skip
OPENAI = _external(
    "openai", "OpenAI's chat API", "https://api.openai.com/v1", "gpt-4o", "OPENAI_API_KEY", (2.5, 10.0)
)  # fmt: skip


def _local(name: str, title: str, model: str, needs: str, licence: Licence) -> Variant:
    """needs: weights by the size of the published files, with room reckoned, not measured, for one picture of about 1.5
    megapixels."""
    return Variant(
        name=name,
        task="describe",
        title=title,
        loader="",
        runtime="",
        kind="real",
        places=(),
        provider=Provider(
            name="endpoint", protocol="openai", key="RUNG_ENDPOINT_KEY", needs=needs, tried=_SERVER_TRIED
        ),
        options={"url": "", "model": model, "own": False, "price_prompt": 0.0, "price_completion": 0.0},
        limit_s=300.0,
        licence=licence,
        quality=_UNMEASURED,
        contract=f"an OpenAI-compatible server (vLLM, llama.cpp, Ollama) that has the model; {_CONTRACT}",
        verified="never",
    )


QWEN_VL_7B = _local(
    "qwen2.5-vl-7b",
    "Qwen2.5-VL 7B Instruct on a server of yours",
    "Qwen/Qwen2.5-VL-7B-Instruct",
    "a GPU of about 18 GB at bf16 (published files: 16.6 GB; the rest is reckoned) or 7 GB at 4 bits",
    Licence(
        name="Apache-2.0",
        commercial=True,
        note="by several pages about Qwen/Qwen2.5-VL-7B-Instruct; its model card was not read",
    ),
)
LLAMA_VISION_11B = _local(
    "llama-3.2-vision-11b",
    "Llama 3.2 Vision 11B Instruct on a server of yours",
    "meta-llama/Llama-3.2-11B-Vision-Instruct",
    "a GPU of about 24 GB at bf16 (published files: 21.3 GB; the rest is reckoned) or 9 GB at 4 bits (files: 7.9)",
    Licence(
        name="Llama 3.2 Community License",
        commercial=True,
        gated=True,
        region="its multimodal models are not licensed to people and companies of the European Union",
        note="from memory; over 700 million monthly users ask Meta; to be named as Built with Llama",
    ),
)
QWEN_VL_3B = _local(
    "qwen2.5-vl-3b",
    "Qwen2.5-VL 3B Instruct on a server of yours",
    "Qwen/Qwen2.5-VL-3B-Instruct",
    "a GPU of about 9 GB at bf16 (3.75 billion weights: 7.5 GB; the rest is reckoned) or 4 GB at 4 bits",
    Licence(
        name="Qwen Research License",
        commercial=False,
        note="research only, by several pages about it; its model card was not read",
    ),
)

DESCRIBE_RULES = Variant(
    name="describe-rules",
    task="describe",
    title="What was read, put into words by rules (no model, sees no picture)",
    loader="rung.models.describe_rules:describe",
    runtime="numpy",
    kind="substitute",
    places=(
        Placeable(
            device="cpu",
            precision="none",
            footprint=Footprint(resident=25 * MiB, working=15 * MiB, working_per_pixel=5),
            latency_s=0.005,
        ),
    ),
    light=True,
    quality=Quality(value=None, source="unmeasured; it says what was read, right or wrong, and infers by keyword"),
    contract="no weights; facts of the input -> information_block, dimensions, manufacturing_process, qc_checklist",
    verified="ran",
)

LADDER: tuple[Variant, ...] = (ANTHROPIC, OPENAI, QWEN_VL_7B, LLAMA_VISION_11B, QWEN_VL_3B, DESCRIBE_RULES)
