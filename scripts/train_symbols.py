"""Trains the small net that tells signs on drawings apart, on generated sheets.

    python scripts/train_symbols.py [--sheets 320] [--epochs 40] [--cache DIR]

Crops are made of the train split, each sheet clean and as a scan; in DIR, if one is named, they are kept, so that a run
that was ended goes on. The temperature of each family, and the figures of the record, are of the validation split. One
thread, seeded.
Writes src/rung/models/trained/symbols/net.npz and record.json.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import nn

from rung.lab.sheets.splits import SPLITS, drawn
from rung.lab.sheets.wear import SCAN, Wear, worn
from rung.lab.symbols import crops_of
from rung.models.symbols.places import Family
from rung.models.symbols.sorting import CLASSES, WEIGHTS, Sorter

DPI = 200.0
SEED = 6


def main() -> None:
    """As its arguments say."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--sheets", type=int, default=320)
    given.add_argument("--epochs", type=int, default=40)
    given.add_argument("--cache", type=Path, help="crops that were kept there are used, whatever drew them")
    told = given.parse_args()
    with tempfile.TemporaryDirectory() as fresh:
        learned(told.sheets, told.epochs, told.cache or Path(fresh))


def learned(sheets: int, epochs: int, cache: Path) -> None:
    """Crops, nets, temperatures, record."""
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    cache.mkdir(parents=True, exist_ok=True)
    began = time.process_time()
    train = crops("train", sheets, cache)
    valid = crops("validation", SPLITS["validation"].sheets, cache)
    weights: dict[str, np.ndarray] = {}
    record: dict[str, object] = {"sheets": sheets, "epochs": epochs, "seed": SEED}
    for family in CLASSES:
        net = trained(family, *train[family], epochs)
        heat = temperature(net, *valid[family])
        weights |= {f"{family}.{name}": tensor.numpy() for name, tensor in net.state_dict().items()}
        weights[f"{family}.heat"] = np.float32(heat)
        shares = Sorter(weights).shares(family, list(valid[family][0][:, 0].numpy()))
        weights[f"{family}.right"] = np.float32(likely(shares.argmax(1) == valid[family][1].numpy()))
        record[family] = judged(family, Sorter(weights), valid[family], len(train[family][1]))
    WEIGHTS.parent.mkdir(exist_ok=True)
    np.savez_compressed(WEIGHTS, **weights)
    record["cpu_s"] = round(time.process_time() - began)
    WEIGHTS.with_name("record.json").write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record, indent=1))


Labelled = dict[Family, tuple[torch.Tensor, torch.Tensor]]


def crops(split: str, sheets: int, cache: Path) -> Labelled:
    """By family: f32 [N, 1, 28, 28], and i64 [N]."""
    held: dict[Family, tuple[list[np.ndarray], list[int]]] = {family: ([], []) for family in CLASSES}
    for number in range(sheets):
        kept = cache / f"{split}-{number}.npz"
        if not kept.exists():
            made = list(of_sheet(split, number))
            np.savez_compressed(
                kept,
                family=np.array([one[0] for one in made]),
                crop=np.array([np.round(one[1] * 255) for one in made], np.uint8).reshape(-1, 28, 28),
                known=np.array([one[2] for one in made], np.int64),
            )
        with np.load(kept) as file:
            for family, crop, known in zip(file["family"], file["crop"], file["known"], strict=True):
                held[str(family)][0].append(crop)  # type: ignore[index]
                held[str(family)][1].append(int(known))  # type: ignore[index]
    return {
        family: (torch.tensor(np.array(crop), dtype=torch.float32)[:, None] / 255, torch.tensor(known))
        for family, (crop, known) in held.items()
    }


def of_sheet(split: str, number: int) -> Iterator[tuple[Family, np.ndarray, int]]:
    """Crops of a sheet as drawn, and of a scan of it."""
    rng = random.Random(f"{split}-{number}")
    page = drawn(split, number).page(DPI)
    yield from crops_of(page)
    wear = SCAN if split == "validation" else Wear(
        skew_deg=rng.uniform(-2.5, 2.5), blur_px=rng.uniform(0.3, 1.0), noise=rng.uniform(0, 12),
        specks=rng.uniform(0, 20), paper=rng.randint(225, 255), ink=rng.randint(0, 60), jpeg=rng.choice((0, 60, 80)),
    )  # fmt: skip
    yield from crops_of(worn(page, wear, number))


def made_net(classes: int) -> nn.Sequential:
    """As `Sorter` computes it."""
    net = nn.Sequential()
    net.add_module("conv1", nn.Conv2d(1, 12, 5, stride=2))
    net.add_module("relu1", nn.ReLU())
    net.add_module("conv2", nn.Conv2d(12, 24, 3, stride=2))
    net.add_module("relu2", nn.ReLU())
    net.add_module("flat", nn.Flatten())
    net.add_module("drop", nn.Dropout(0.3))
    net.add_module("full1", nn.Linear(24 * 5 * 5, 32))
    net.add_module("relu3", nn.ReLU())
    net.add_module("full2", nn.Linear(32, classes))
    return net


def trained(family: Family, crop: torch.Tensor, known: torch.Tensor, epochs: int) -> nn.Sequential:
    """The net of a family, on crops that are moved by a pixel or two and made fainter by chance."""
    net = made_net(len(CLASSES[family]))
    steps = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-2)
    line = torch.optim.lr_scheduler.CosineAnnealingLR(steps, epochs)
    order = torch.Generator().manual_seed(SEED)
    for _ in range(epochs):
        net.train()
        for batch in torch.randperm(len(known), generator=order).split(64):
            shift = torch.randint(-2, 3, (2,), generator=order).tolist()
            seen = torch.roll(crop[batch], shift, dims=(2, 3)) * (0.6 + 0.4 * torch.rand(1, generator=order))
            loss = nn.functional.cross_entropy(net(seen), known[batch])
            steps.zero_grad()
            loss.backward()
            steps.step()
        line.step()
    return net.eval()


def likely(right: np.ndarray) -> float:
    """How likely the next one is right (Laplace): never certain, however many were."""
    return float((right.sum() + 1) / (len(right) + 2))


@torch.no_grad()
def temperature(net: nn.Sequential, crop: torch.Tensor, known: torch.Tensor) -> float:
    """What divides the logits so that the validation split is the likeliest."""
    said = net(crop)
    heats = torch.arange(0.5, 5.0, 0.05)
    losses = torch.stack([nn.functional.cross_entropy(said / heat, known) for heat in heats])
    return float(heats[losses.argmin()])


def judged(family: Family, net: Sorter, held: tuple[torch.Tensor, torch.Tensor], crops: int) -> dict[str, object]:
    """Of the validation split, as Rung computes the net: how many of each class are told right, and whether shares are
    as often right as said."""
    known = held[1].numpy()
    shares = net.shares(family, list(held[0][:, 0].numpy()))
    best, right = shares.max(1), shares.argmax(1) == known
    told = {name or "none": f"{int(right[known == place].sum())}/{int((known == place).sum())}"
            for place, name in enumerate(CLASSES[family])}  # fmt: skip
    return {
        "crops": crops,
        "validation": told,
        "mean share said": round(float(best.mean()), 4),
        "share right": round(float(right.mean()), 4),
    }


if __name__ == "__main__":
    main()
