"""PP-OCR's nets on a GPU: what a plan says of them, and that a session on it is never one on the CPU in its stead."""

from pathlib import Path

import onnxruntime as ort
import pytest

from rung.models.catalog import LADDERS, RUNTIMES
from rung.models.onnx_session import CPU, CUDA, session
from rung.runtime.errors import LoadFailed
from rung.runtime.model import Context
from rung.runtime.planning.plan import make_plan
from rung.runtime.settings import Settings, VariantSettings
from rung.runtime.spec import Device, Facts, GiB, Machine, TaskPlan

CARD = Device(id="cuda:0", kind="cuda", memory_total=8 * GiB, memory_free=8 * GiB)
PAIRS = [("find-text", "ppocr-v6-find"), ("read", "ppocr-v6-read")]


def planned(task: str, *cards: Device, lacking: str = "", forced: str = "") -> TaskPlan:
    cpu = Device(id="cpu", kind="cpu", memory_total=16 * GiB, memory_free=16 * GiB)
    machine = Machine(name="m", cores=4, ram_total=16 * GiB, ram_free=16 * GiB, devices=(cpu, *cards))
    here = {file.name: f"/c/{file.name}" for variant in LADDERS[task] for file in variant.weights}
    facts = Facts(weights=here, runtimes={"onnx-cuda": lacking} if lacking else {})
    wishes = {forced: VariantSettings(force=True)} if forced else {}
    settings = Settings(data_dir="/d", cache_dir="/c", variants=wishes)
    return make_plan(machine, {task: LADDERS[task]}, RUNTIMES, facts, settings).tasks[task]


def places(plan: TaskPlan) -> list[tuple[str, str]]:
    return [(rung.variant.name, rung.device) for rung in plan.rungs if rung.variant.name.startswith("ppocr")]


def refusal(plan: TaskPlan, name: str) -> tuple[str, str]:
    (found,) = (one for one in plan.rejected if one.variant == name)
    return found.code, f"{found.reason} {found.remedy}"


@pytest.mark.parametrize(("task", "name"), PAIRS)
def test_a_plan_for_a_gpu_says_that_nobody_has_run_it_there_and_how_to_try(task: str, name: str) -> None:
    plan = planned(task, CARD)

    assert places(plan) == [(name, "cpu")]
    code, told = refusal(plan, f"{name}-cuda")
    assert code == "unverified" and "nobody has run it" in told and f"[variant.{name}-cuda] force = true" in told


@pytest.mark.parametrize(("task", "name"), PAIRS)
def test_where_it_is_tried_it_comes_before_the_cpu_which_stays_below_it(task: str, name: str) -> None:
    plan = planned(task, CARD, forced=f"{name}-cuda")

    assert places(plan) == [(f"{name}-cuda", "cuda:0"), (name, "cpu")]


@pytest.mark.parametrize(("task", "name"), PAIRS)
def test_without_a_card_or_the_cuda_build_the_plan_says_which_of_them_is_missing(task: str, name: str) -> None:
    cuda = f"{name}-cuda"

    assert refusal(planned(task, forced=cuda), cuda)[0] == "device"
    code, told = refusal(planned(task, CARD, forced=cuda, lacking="its provider is not there"), cuda)
    assert code == "library" and "onnxruntime-gpu[cuda,cudnn]" in told


def context(device: str) -> Context:
    return Context(variant="v", task="read", weights={}, options={}, device=device, precision="fp32", threads=1)


class Session:
    """Asked for `asked`; starts what `starts` says of them."""

    asked: list[list[str]] = []  # noqa: RUF012
    starts: tuple[str, ...] = (CUDA, CPU)

    def __init__(self, path: str, options: object, providers: list[str]) -> None:
        self.asked.append(providers)

    def get_providers(self) -> list[str]:
        return list(self.starts)


@pytest.fixture
def cuda_build(monkeypatch: pytest.MonkeyPatch) -> type[Session]:
    made = type("Made", (Session,), {"asked": []})
    monkeypatch.setattr(ort, "get_available_providers", lambda: [CUDA, CPU])
    monkeypatch.setattr(ort, "preload_dlls", lambda: None, raising=False)
    monkeypatch.setattr(ort, "InferenceSession", made)
    return made


def test_on_a_gpu_the_cuda_provider_is_asked_for_first(cuda_build: type[Session]) -> None:
    session(Path("net.onnx"), context("cuda:0"))

    assert cuda_build.asked == [[CUDA, CPU]]


def test_a_cuda_provider_that_does_not_start_is_a_failed_load_and_no_quiet_session_on_the_cpu(
    cuda_build: type[Session],
) -> None:
    cuda_build.starts = (CPU,)

    with pytest.raises(LoadFailed, match=r"did not start.*onnxruntime-gpu\[cuda,cudnn\]"):
        session(Path("net.onnx"), context("cuda:0"))


@pytest.mark.parametrize(("device", "why"), [("cuda:0", "this build has no provider of it"), ("mps", "CPU or by CUDA")])
def test_a_device_that_the_build_has_no_provider_for_is_a_failed_load(
    device: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ort, "get_available_providers", lambda: [CPU])

    with pytest.raises(LoadFailed, match=why):
        session(Path("net.onnx"), context(device))
