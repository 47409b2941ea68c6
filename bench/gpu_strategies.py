"""What each strategy costs at the published size of a pipeline, beside the plan's estimate and diffusers' own offload.

FLUX.2-klein-4B with random weights (16 GB in bf16) makes pictures of 1024 x 1024 in four steps; each strategy has a
process of its own, which says how much of the device torch has taken at most and what the driver shows of the card.
Then klein and Z-Image share a worker, and their text encoder. Needs a CUDA device and 32 GB of disk; says so where
there is none. `--tiny` runs the same with tiny pipelines on a CPU, to see that it works; its figures mean nothing.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from _report import Figure, report

HERE = Path(__file__).resolve().parent
CALLS = 4
SINGLE, SHARED = "flux2-klein", ("flux2-klein", "z-image")
GIB = 2**30


class Asked:
    """A call as a model sees it, with nobody to cancel it."""

    def __init__(self, variant: str, side: int) -> None:
        from rung.runtime.tasks import GenerateInput

        self.variant, self.seed, self.strategy, self.said = variant, 1, "", []
        self.input = GenerateInput(prompt="a red ball on the ground", width=side, height=side)

    def check(self) -> None:
        pass

    def warn(self, sentence: str) -> None:
        self.said.append(sentence)

    def held(self, strategy: str) -> None:
        self.strategy = strategy

    def retire(self, reason: str) -> None:
        self.said.append(reason)


def ours(root: Path, device: str, side: int, strategy: Any, pipelines: tuple[str, ...]) -> dict[str, Any]:
    """Load and call, in this process."""
    import hashlib

    from _published import member
    from rung.models.diffusion import Diffusion
    from rung.runtime.model import Context

    members = {name: member(root, name, strategy) for name in pipelines}
    model = Diffusion()
    began = time.perf_counter()
    model.load(
        Context(
            variant=pipelines[0],
            task="generate",
            device=device,
            precision="bf16",
            threads=4,
            weights={},
            members=members,
        )
    )
    load_s, calls = time.perf_counter() - began, []
    for name in pipelines:
        for _ in range(CALLS):
            call = Asked(name, side)
            began = time.perf_counter()
            ((_, result),) = list(model.run([call]))
            calls.append(time.perf_counter() - began)
            assert call.strategy == strategy and not call.said, (call.strategy, call.said)
    picture = hashlib.sha256(result.output.pixels.tobytes()).hexdigest()
    assert result.output.pixels.std() > 0, "a picture of one colour says nothing of the strategies"
    weights = sum(part.bytes for part in model.store.parts.values())
    return {"load_s": load_s, "call_s": statistics.median(calls[1:]), "picture": picture, "weights": weights} | taken(
        device
    )


def theirs(root: Path, device: str, side: int) -> dict[str, Any]:
    """The same pipeline with diffusers' `enable_model_cpu_offload`."""
    import torch

    from _published import STEPS
    from rung.models.diffusion_families import FAMILIES
    from rung.models.torch.checkpoint import open_checkpoint
    from rung.models.torch.filling import Wanted, build

    family, parts = FAMILIES[SINGLE], {}
    began = time.perf_counter()
    for name in family.modules:
        folder = root / ("text" if name == "text_encoder" else f"{SINGLE}/{name}")
        config = json.loads((folder / "config.json").read_text())
        make = family.modules[name]
        if name == "text_encoder":  # with its head, as diffusers loads it
            import transformers

            def make(config: Any) -> Any:
                return transformers.Qwen3ForCausalLM(transformers.Qwen3Config.from_dict(config))

        with open_checkpoint([folder / "model.safetensors"]) as checkpoint:
            wanted = Wanted(dtype=torch.bfloat16, kept="bf16")
            parts[name] = build(lambda make=make, config=config: make(config), checkpoint, "cpu", wanted, name)
    beside = {name: make(root / name) for name, make in family.beside.items()}
    pipeline = family.pipeline(**parts, **beside)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.enable_model_cpu_offload(device=device)
    load_s, calls = time.perf_counter() - began, []
    for _ in range(CALLS):
        began = time.perf_counter()
        with torch.inference_mode():
            pipeline(
                prompt="a red ball on the ground", width=side, height=side, num_inference_steps=STEPS[SINGLE],
                guidance_scale=1.0, generator=torch.Generator("cpu").manual_seed(1),
            )  # fmt: skip
        calls.append(time.perf_counter() - began)
    return {"load_s": load_s, "call_s": statistics.median(calls[1:])} | taken(device)


def taken(device: str) -> dict[str, Any]:
    """Bytes: torch's most, the driver's now, and this process's in RAM."""
    import resource

    import torch

    found = {"ram": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
    if not device.startswith("cuda"):
        return found | {"most": 0, "driver": 0}
    free, total = torch.cuda.mem_get_info(device)
    return found | {"most": torch.cuda.max_memory_reserved(device), "driver": total - free}


def estimates(root: Path) -> dict[str, float]:
    """Seconds that the plan would tell of each strategy."""
    from _published import components
    from rung.runtime.planning.strategies import holdings
    from rung.runtime.spec import Footprint, Variant

    variant = Variant(
        name=SINGLE, task="generate", title="", loader="m:C", runtime="diffusion", kind="real", places=(),
        components=components(root, SINGLE),
    )  # fmt: skip
    ways = holdings(variant, Footprint(resident=20 * GIB), "cuda")
    return {way.strategy: way.estimate.seconds for way in ways if way.estimate is not None}


def alone(root: Path, device: str, side: int, what: str) -> dict[str, Any]:
    """One measurement in a process of its own."""
    asked = {"root": str(root), "device": device, "side": side, "what": what}
    done = subprocess.run([sys.executable, __file__, "--one", json.dumps(asked)], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def one(asked: dict[str, Any]) -> dict[str, Any]:
    root, device, side, what = Path(asked["root"]), asked["device"], asked["side"], asked["what"]
    if what == "diffusers":
        return theirs(root, device, side)
    if what == "group":
        return ours(root, device, side, "resident", SHARED)
    return ours(root, device, side, what, (SINGLE,))


def measure(root: Path, tiny: bool) -> list[Figure]:
    from rung.runtime.planning.strategies import STRATEGIES

    device, side = ("cpu", 64) if tiny else ("cuda:0", 1024)
    expected = estimates(root)
    found: list[Figure] = []
    seen = {strategy: alone(root, device, side, strategy) for strategy in STRATEGIES}
    for strategy, got in seen.items():
        slower = got["call_s"] - seen["resident"]["call_s"]
        found += [
            Figure(name=f"{strategy}: load", value=got["load_s"], unit="s"),
            Figure(name=f"{strategy}: call", value=got["call_s"], unit="s"),
            Figure(name=f"{strategy}: torch's most on the device", value=got["most"] / GIB, unit="GiB"),
            Figure(name=f"{strategy}: the driver's figure after it", value=got["driver"] / GIB, unit="GiB"),
            Figure(name=f"{strategy}: most in RAM", value=got["ram"] / GIB, unit="GiB"),
        ]
        if strategy in expected:
            found += [
                Figure(name=f"{strategy}: slower than resident by", value=slower, unit="s"),
                Figure(name=f"{strategy}: the plan's estimate of that", value=expected[strategy], unit="s"),
                Figure(
                    name=f"{strategy}: the same picture as resident",
                    value=float(got["picture"] == seen["resident"]["picture"]),
                    unit="",
                    goal="= 1",
                    holds=got["picture"] == seen["resident"]["picture"],
                ),
            ]
    if not tiny:
        peer = alone(root, device, side, "diffusers")
        found += [
            Figure(name="diffusers' enable_model_cpu_offload: call", value=peer["call_s"], unit="s"),
            Figure(name="diffusers' enable_model_cpu_offload: torch's most", value=peer["most"] / GIB, unit="GiB"),
            Figure(name="diffusers' enable_model_cpu_offload: most in RAM", value=peer["ram"] / GIB, unit="GiB"),
        ]
    both = alone(root, device, side, "group")
    found.append(Figure(name="klein and Z-Image in one worker: weights", value=both["weights"] / GIB, unit="GiB"))
    found.append(Figure(name="of them klein alone", value=seen["resident"]["weights"] / GIB, unit="GiB"))
    return found


def lacks(tiny: bool) -> str:
    """Why it cannot run here; empty when it can."""
    try:
        import diffusers  # noqa: F401
        import torch
    except ImportError as error:
        return f"{error.name} is not installed (pip install 'rung[diffusion]')"
    if not tiny and not torch.cuda.is_available():
        return "no CUDA device is at hand"
    return ""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--one", type=json.loads)
    told, sys.argv[1:] = parser.parse_known_args()
    if told.one is not None:
        print(json.dumps(one(told.one)))
        return
    if why := lacks(told.tiny):
        print(f"gpu_strategies was not measured: {why}.")
        return
    from _published import written

    folder = Path(tempfile.mkdtemp(prefix="rung-strategies-", dir=HERE / "results"))
    try:
        found = measure(written(folder / "weights", told.tiny), told.tiny)
    finally:
        shutil.rmtree(folder)
    report("gpu_strategies_tiny" if told.tiny else "gpu_strategies", found, ["torch", "diffusers", "transformers"])


if __name__ == "__main__":
    main()
