"""Components on a real card. Not run where this was written: no machine with a GPU was at hand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("diffusers")

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))
import tiny_pipelines as tiny
import torch
from few_bits import forms, made

from rung.models.diffusion import Diffusion
from rung.models.torch.device import TorchDevice
from rung.runtime.model import Context, Member
from rung.runtime.planning.strategies import STRATEGIES
from rung.runtime.spec import Component, MiB, Strategy
from rung.runtime.tasks import GenerateInput

pytestmark = [pytest.mark.gpu, pytest.mark.torch]
FOLDERS = ("text_encoder", "transformer", "vae")


class Call:
    id, seed, variant = "1", 7, "klein"
    input = GenerateInput(prompt="a red ball", width=64, height=64)

    def __init__(self) -> None:
        self.said: list[str] = []
        self.strategy = self.why = ""

    def check(self) -> None: ...

    def warn(self, sentence: str) -> None:
        self.said.append(sentence)

    def held(self, strategy: str) -> None:
        self.strategy = strategy

    def retire(self, reason: str) -> None:
        self.why = reason


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.klein(tmp_path_factory.mktemp("klein") / "klein")


def loaded(
    folder: Path, strategy: Strategy, room: int | None = None, precision: str = "bf16", **more: Any
) -> Diffusion:
    weights = {f"klein/{p.relative_to(folder)}": p for p in folder.rglob("*") if p.is_file()}
    member = Member(
        variant="klein", task="generate", precision=precision, weights=weights, strategy=strategy,
        components=tuple(Component(name=name, bytes=1, key=name) for name in FOLDERS),
        options={"pipeline": "flux2-klein", "steps": 2}, **more,
    )  # fmt: skip
    model = Diffusion()
    model.load(
        Context(
            variant="klein",
            task="generate",
            device="cuda:0",
            precision=precision,
            threads=2,
            weights=weights,
            members={"klein": member},
            room=room,
        )
    )
    return model


def answer(model: Diffusion, call: Call) -> Any:
    ((_, result),) = list(model.run([call]))
    return result.output.pixels


def test_every_strategy_gives_the_same_picture_and_offloading_holds_less(folder: Path) -> None:
    pictures, most = [], []
    for strategy in STRATEGIES:
        model, call = loaded(folder, strategy), Call()
        pictures.append(answer(model, call))
        torch.cuda.reset_peak_memory_stats()
        answer(model, call)
        most.append(torch.cuda.max_memory_allocated())
        assert call.strategy == strategy

    assert all((picture == pictures[0]).all() for picture in pictures)
    assert most[0] > most[1] > most[2]


def test_a_card_without_room_is_worked_on_block_by_block_and_says_so(folder: Path) -> None:
    model, call = loaded(folder, "resident", room=150_000, fallbacks=STRATEGIES[1:]), Call()

    picture = answer(model, call)

    assert (picture == answer(loaded(folder, "resident"), Call())).all()
    assert call.strategy == "sequential-offload"
    assert "memory ran out" in call.said[0]


def test_what_leaves_the_card_comes_back_to_the_driver() -> None:
    device = TorchDevice("cuda:0")
    device.settle()
    before = device.taken()
    assert before is not None
    held = device.put(torch.zeros(256 * MiB, dtype=torch.uint8))
    during = device.taken()
    del held
    device.settle()

    assert during is not None and during - before >= 256 * MiB
    assert device.taken() == before


def test_few_bits_come_and_go_as_they_are_and_give_the_same_picture_in_every_strategy(folder: Path) -> None:
    whole = answer(loaded(folder, "resident"), Call()).astype(float)
    for form in forms():
        few, pictures = made(folder, form), []
        for strategy in STRATEGIES:
            model = loaded(few, strategy, precision=form)
            before = torch.cuda.memory_allocated()
            pictures.append(answer(model, Call()).astype(float))
            assert strategy in ("resident", "component-offload") or torch.cuda.memory_allocated() == before
            assert 0 < abs(pictures[-1] - whole).mean() < 12
            assert abs(pictures[-1] - pictures[0]).mean() < 1
            model.store.clear(model.store.parts.values())
