"""Trains the net that classifies strokes, on drawings of `rung.lab.sheets`, and writes it with its record.

    python scripts/train_strokes.py paper           # the published 19 features
    python scripts/train_strokes.py ours            # and our fourteen

CPU, one thread, seeded. Sheets are drawn once and kept under `out/strokes/`; training goes on from its last epoch when
it is begun again. `make train-strokes` does both. `--features` and `--ties` train what else was tried, such as edges
between strokes that lie beside each other (`src/rung/models/trained/edgnet.md` has the figures); nothing of that is
written beside the package.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from rung.lab.sheets.pen import LAYERS
from rung.lab.sheets.sheet import Page
from rung.lab.sheets.splits import drawn
from rung.lab.sheets.wear import Wear, worn
from rung.lab.strokes.figures import Confusion, confusion, headline
from rung.lab.strokes.graphs import StrokeGraph, graph_of
from rung.lab.strokes.practice import practice
from rung.lab.strokes.truth import CLASSES, UNKNOWN
from rung.models.strokes.features import PAPER, WIDTHS
from rung.models.strokes.torch_net import SageNet, averages

ROOT = Path(__file__).parent.parent
KEPT = ROOT / "out/strokes"
TRAINED = ROOT / "src/rung/models/trained"
MOVED = 0.5
"""Share of a training step's sheets whose places are those of a piece of them."""
WIDTH_LOST = 0.1
"""Share of a training step's sheets whose line widths are all the same: many real drawings have one pen."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is trained, and how."""

    name: str
    features: str
    ties: str
    sheets: int
    held: int
    epochs: int
    batch: int
    rate: float
    decay: float
    seed: int


@dataclass(frozen=True)
class Example:
    """One sheet as tensors."""

    told: Tensor
    touching: Tensor
    beside: Tensor
    truth: Tensor


def graphs(split: str, count: int) -> list[StrokeGraph]:
    """The first sheets of a split, drawn unless they lie in `out/strokes/` already."""
    folder = KEPT / split
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for number in range(count):
        path = folder / f"{number:04d}.npz"
        if not path.exists():
            page = page_of(split, number)
            graph_of(page.picture, page.labels, LAYERS).save(path)
        found.append(StrokeGraph.load(path))
    return found


def page_of(split: str, number: int) -> Page:
    """A sheet as it comes from the generator; every second one of those to train on is worn and at another
    resolution."""
    if split != "train":
        return drawn(split, number).page(dpi=200.0)
    sheet, draw = practice(number), np.random.default_rng([7, number])
    if draw.random() < 0.5:
        return sheet.page(dpi=200.0)
    page = sheet.page(dpi=float(draw.uniform(150, 260)))
    wear = Wear(
        skew_deg=float(draw.uniform(-3, 3)),
        blur_px=float(draw.uniform(0, 0.9)),
        noise=float(draw.uniform(0, 10)),
        specks=float(draw.uniform(0, 15)),
        paper=int(draw.integers(225, 256)),
        ink=int(draw.integers(0, 70)),
        jpeg=int(draw.integers(60, 96)),
    )
    return worn(page, wear, number)


def told(graph: StrokeGraph, plan: Plan) -> np.ndarray:
    """The features that the plan's net takes."""
    return graph.paper if plan.features == "paper" else np.concatenate([graph.paper, graph.added], axis=1)


def example(graph: StrokeGraph, plan: Plan) -> Example:
    """A sheet's tensors. Without `beside` the second mean has no neighbours."""
    count = len(graph.classes)
    beside = graph.beside if plan.ties == "beside" else graph.beside[:0]
    return Example(
        torch.from_numpy(told(graph, plan)),
        averages(count, graph.touching),
        averages(count, beside),
        torch.from_numpy(graph.classes.astype(np.int64)),
    )


def loss_of(net: SageNet, sheet: Example, draw: np.random.Generator, plan: Plan) -> Tensor:
    """Cross entropy over the strokes whose truth is known."""
    x = sheet.told.clone()
    if draw.random() < MOVED:
        # As if the picture were a piece of the sheet: its control points are shares of the piece's longer side.
        scale = float(np.exp(draw.uniform(-0.3, 1.1)))
        corner = torch.from_numpy(draw.uniform(0, 1, 2).astype(np.float32)) * max(1 - 1 / scale, 0)
        x[:, :8] = (x[:, :8] - corner.repeat(4)) * scale
    if plan.features == "ours" and draw.random() < WIDTH_LOST:
        _one_pen(x[:, len(PAPER) :][:, WIDTHS], draw)
    return nn.functional.cross_entropy(net(x, sheet.touching, sheet.beside), sheet.truth, ignore_index=UNKNOWN)


def _one_pen(widths: Tensor, draw: np.random.Generator) -> None:
    """Make width, its place, the spread and the run's width, [N, 4], those of a sheet whose lines are all as wide."""
    widths[:, 0] = widths[:, 3] = float(np.log1p(draw.uniform(1, 5)))
    place = draw.normal(draw.uniform(0, 1), 0.3, len(widths))
    widths[:, 1] = torch.from_numpy(place.astype(np.float32))
    widths[:, 2] = float(draw.uniform(0, 0.1))


def measured(net: SageNet, sheets: list[Example]) -> Confusion:
    """How the net does on these sheets."""
    with torch.inference_mode():
        return confusion(
            (s.truth.numpy().astype(np.uint8), net(s.told, s.touching, s.beside).argmax(1).numpy().astype(np.uint8))
            for s in sheets
        )


def scaled(net: SageNet, sheets: list[Example]) -> None:
    """Tell the net the features' mean and deviation."""
    whole = torch.cat([s.told for s in sheets])
    net.features.mean.copy_(whole.mean(dim=0))
    net.features.std.copy_(whole.std(dim=0).clamp_min(1e-3))


def train(
    plan: Plan, sheets: list[Example], held: list[Example], state: Path
) -> tuple[SageNet, list[dict[str, float]]]:
    """The net of the epoch that did best on the held-out sheets, and what each epoch did."""
    torch.manual_seed(plan.seed)
    net = SageNet(sheets[0].told.shape[1], len(CLASSES), plan.ties == "beside")
    scaled(net, sheets)
    steps = -(-len(sheets) // plan.batch) * plan.epochs
    adam = torch.optim.Adam(net.parameters(), lr=plan.rate, weight_decay=plan.decay)
    slope = torch.optim.lr_scheduler.OneCycleLR(adam, plan.rate, total_steps=steps, pct_start=0.1)
    parts = {"net": net, "adam": adam, "slope": slope}
    told: list[dict[str, float]] = []
    best: dict[str, Tensor] = {}
    if state.exists():
        saved = torch.load(state, weights_only=True)
        for name, part in parts.items():
            part.load_state_dict(saved[name])
        told, best = saved["told"], saved["best"]
    for epoch in range(len(told), plan.epochs):
        began = time.process_time()
        loss = one_epoch(plan, net, sheets, adam, slope, epoch)
        figures = headline(measured(net, held))
        told.append({"epoch": epoch, "loss": loss, "cpu_s": time.process_time() - began, **figures})
        print(json.dumps({k: round(v, 4) for k, v in told[-1].items()}), flush=True)
        if figures["three classes"] >= max(t["three classes"] for t in told):
            best = {name: value.clone() for name, value in net.state_dict().items()}
        torch.save({**{name: part.state_dict() for name, part in parts.items()}, "told": told, "best": best}, state)
    net.load_state_dict(best)
    return net, told


def one_epoch(plan: Plan, net: SageNet, sheets: list[Example], adam: object, slope: object, epoch: int) -> float:
    """One look at every sheet, in an order of the seed's; the mean loss."""
    draw = np.random.default_rng([plan.seed, epoch])
    order, total = draw.permutation(len(sheets)), 0.0
    for start in range(0, len(order), plan.batch):
        batch = order[start : start + plan.batch]
        adam.zero_grad()
        for number in batch:
            loss = loss_of(net, sheets[number], draw, plan) / len(batch)
            loss.backward()
            total += float(loss.detach()) * len(batch)
        adam.step()
        slope.step()
    return total / len(sheets)


def write(plan: Plan, net: SageNet, told: list[dict[str, float]], held: Confusion) -> None:
    """The weights in half precision, and their record, beside the package."""
    folder = TRAINED / f"edgnet-{plan.name}"
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: value.half().contiguous() for name, value in net.state_dict().items()}, folder / "net.safetensors")
    (folder / "net.safetensors").chmod(0o644)
    record = {
        "plan": asdict(plan),
        "data": "the first sheets of rung.lab.strokes.practice (the train split's fonts, each sheet with lines and"
        " arrows of its own, every fourth an architect's), half of them at 200 dpi, half worn as a scan at 150 to 260"
        " dpi; the validation split, unworn, chose the epoch and gives the figures",
        "classes": CLASSES,
        "parameters": sum(p.numel() for p in net.parameters()),
        "training cpu minutes": round(sum(t["cpu_s"] for t in told) / 60, 1),
        "validation": {name: round(value, 4) for name, value in headline(held).items()},
        "validation strokes": held.strokes,
        "validation confusion (truth, answer)": held.counts.tolist(),
    }
    (folder / "record.json").write_text(json.dumps(record, indent=2) + "\n")


def main() -> None:
    """Train one net."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("name", help="paper, ours, or any name for what --features and --ties say")
    asked.add_argument("--features", choices=("paper", "ours"))
    asked.add_argument("--ties", choices=("touching", "beside"))
    asked.add_argument("--sheets", type=int, default=240)
    asked.add_argument("--held", type=int, default=18)
    asked.add_argument("--epochs", type=int, default=16)
    asked.add_argument("--batch", type=int, default=1)
    asked.add_argument("--seed", type=int, default=6)
    said = asked.parse_args()
    plan = Plan(
        name=said.name,
        features=said.features or ("paper" if said.name == "paper" else "ours"),
        ties=said.ties or "touching",
        sheets=said.sheets,
        held=said.held,
        epochs=said.epochs,
        batch=said.batch,
        rate=1e-3,
        decay=5e-4,
        seed=said.seed,
    )
    torch.set_num_threads(1)
    sheets = [example(g, plan) for g in graphs("train", plan.sheets)]
    held = [example(g, plan) for g in graphs("validation", plan.held)]
    net, told = train(plan, sheets, held, KEPT / f"{plan.name}.pt")
    found = measured(net.half().float(), held)
    print(json.dumps({"strokes": found.strokes, **{k: round(v, 4) for k, v in headline(found).items()}}))
    if said.name in ("paper", "ours"):
        write(plan, net, told, found)


if __name__ == "__main__":
    main()
