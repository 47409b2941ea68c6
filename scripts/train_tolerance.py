"""Trains the tolerance surrogate on simulations and writes its two boosters and its record. `make train-tolerance`.

The simulations are kept in a file as they are made, so that a run that was ended goes on where it stopped. Seeded: the
same versions of numpy and XGBoost give the same files.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import numpy as np
import xgboost

from rung.models.skin.simulation import SHARES, zones_of
from rung.models.skin.surrogate import CARD, CHARACTERISTICS, FEATURES, FOLDER, Range, answer, features, outside
from rung.models.skin.trees import read_forest
from rung.runtime.tasks import Surface, ToleranceInput

DRAWN = (0.5, 20.0)
"""Sides of the surfaces that are drawn, over the correlation length."""
SIDES = (1.0, 20.0)
"""Of those that the trees answer for: below, a zone is so small beside sigma that they were off by up to 30 %."""
STEEPEST = 0.01
MARGIN = 1.15
"""Trees say at the rim of their range what they say a little inside: they are trained beyond what they answer for."""
COUNTS = {"train": 800, "validation": 150, "test": 100}
SAMPLES = {"plane": 2000, "cylinder": 1000}
JUDGED = {"plane": 4000, "cylinder": 2000}
"""Samples of a simulation that the surrogate is judged by."""
SETTINGS = {
    "objective": "reg:squarederror",
    "tree_method": "hist",
    "max_depth": 4,
    "eta": 0.3,
    "min_child_weight": 3,
    "subsample": 0.8,
    "nthread": 1,
    "seed": 6,
}
ROUNDS = 40
"""With depth 4: 0.9 MB a booster and 1.0 % on the validation surfaces; depth 5 and 120 rounds: 4 MB and 0.8 %."""


def asked_for(surface: Surface, split: str, number: int) -> ToleranceInput:
    """The number-th surface of a split: sides over the correlation spread evenly in the logarithm, any scale."""
    place = [*get_args(Surface)].index(surface), [*COUNTS].index(split)
    generator = np.random.default_rng((6, *place, number))
    margin = MARGIN if split == "train" else 1.0
    low, high = np.log(DRAWN[0] / margin), np.log(DRAWN[1] * margin)
    length, second = np.exp(generator.uniform(low, high, 2))
    correlation = float(np.exp(generator.uniform(np.log(1), np.log(100))))
    narrow = correlation * (1.0 if surface == "plane" else min(second / 2, 1.0))
    return ToleranceInput(
        surface=surface,
        length_mm=float(length * correlation),
        width_mm=float(second * correlation) if surface == "plane" else None,
        diameter_mm=float(second * correlation) if surface == "cylinder" else None,
        sigma_mm=float(narrow * np.exp(generator.uniform(np.log(1e-5), np.log(STEEPEST)))),
        correlation_mm=correlation,
        samples=(SAMPLES if split == "train" else JUDGED)[surface],
    )


def target(asked: ToleranceInput, seed: int) -> np.ndarray:
    """[characteristics x quantiles] of log(zone / sigma), by simulation."""
    widths = zones_of(asked, seed)
    shares = [*SHARES.values()]
    return np.log(np.concatenate([np.quantile(widths[name], shares) for name in CHARACTERISTICS[asked.surface]])) - (
        np.log(asked.sigma_mm)
    )


def simulations(surface: Surface, split: str, folder: Path) -> np.ndarray:
    """[COUNTS, outputs], from the file as far as it goes; saved every 25."""
    path = folder / f"{surface}-{split}.npy"
    rows = [*np.load(path)] if path.exists() else []
    for number in range(len(rows), COUNTS[split]):
        seed = 1_000_003 * [*COUNTS].index(split) + number
        rows.append(target(asked_for(surface, split, number), seed))
        if len(rows) % 25 == 0 or len(rows) == COUNTS[split]:
            np.save(path, np.stack(rows))
            print(f"{surface} {split}: {len(rows)} of {COUNTS[split]}", flush=True)
    return np.stack(rows[: COUNTS[split]])


def matrix(surface: Surface, split: str, folder: Path) -> xgboost.DMatrix:
    """The features of a split's surfaces with their targets."""
    rows = [features(asked_for(surface, split, number))[0] for number in range(COUNTS[split])]
    return xgboost.DMatrix(np.stack(rows), label=simulations(surface, split, folder))


def train(surface: Surface, folder: Path) -> xgboost.Booster:
    """The validation surfaces are those that ROUNDS and SETTINGS were chosen by."""
    judge = matrix(surface, "validation", folder)
    return xgboost.train(
        SETTINGS,
        matrix(surface, "train", folder),
        num_boost_round=ROUNDS,
        evals=[(judge, "validation")],
        verbose_eval=10,
    )


def proof(surface: Surface, booster: xgboost.Booster) -> list[list[list[float]]]:
    """What the library itself says of eight surfaces: [features, answers], for who walks the trees without it."""
    rows = np.concatenate([features(asked_for(surface, "test", number)) for number in range(8)]).astype(np.float32)
    return [
        [row.tolist(), told.tolist()] for row, told in zip(rows, booster.predict(xgboost.DMatrix(rows)), strict=True)
    ]


def errors(surface: Surface, folder: Path, out: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Characteristic -> [tests in the range, quantiles] relative errors of the finished file, as the rung answers."""
    forest, truth = read_forest(out / f"{surface}.json"), np.exp(simulations(surface, "test", folder))
    every = [asked_for(surface, "test", number) for number in range(COUNTS["test"])]
    inside = [not outside(one, Range(SIDES, STEEPEST)) for one in every]
    asked, truth = [one for one, counts in zip(every, inside, strict=True) if counts], truth[inside]
    for place, name in enumerate(CHARACTERISTICS[surface]):
        told = [[getattr(answer(one, forest)[name], share) / one.sigma_mm for share in SHARES] for one in asked]
        true = truth[:, place * len(SHARES) : (place + 1) * len(SHARES)]
        yield name, np.abs(np.asarray(told) / true - 1)


def record(folder: Path, out: Path, seconds: float) -> dict[str, Any]:
    """The model card's figures."""
    found = {f"{s}.{name}": off for s in get_args(Surface) for name, off in errors(s, folder, out)}
    every = np.concatenate([off.ravel() for off in found.values()])
    return {
        "made_by": "scripts/train_tolerance.py",
        "libraries": {"xgboost": xgboost.__version__, "numpy": np.__version__},
        "features": FEATURES,
        "outputs": {
            s: [f"log({n} {q} / sigma)" for n in CHARACTERISTICS[s] for q in SHARES] for s in get_args(Surface)
        },
        "range": {"sides": list(SIDES), "steepest": STEEPEST},
        "surfaces": {**COUNTS, "test, in the range": sum(len(off) for off in found.values()) // 3},
        "samples": {**SAMPLES, "validation and test": JUDGED},
        "settings": {**SETTINGS, "rounds": ROUNDS},
        "bytes": {f"{s}.json": (out / f"{s}.json").stat().st_size for s in get_args(Surface)},
        "error": {
            "median_relative": round(float(np.median(every)), 5),
            "p95_relative": round(float(np.quantile(every, 0.95)), 5),
            "largest_relative": round(float(every.max()), 5),
            "by_characteristic": {
                name: {share: round(float(np.median(off[:, place])), 5) for place, share in enumerate(SHARES)}
                for name, off in found.items()
            },
        },
        "cpu_seconds_of_the_last_run": round(seconds),
    }


def card(told: dict[str, Any]) -> str:
    """The record for people."""
    error, (low, high) = told["error"], told["range"]["sides"]
    rows = [
        f"| {name} | " + " | ".join(f"{off[share]:.1%}" for share in SHARES) + " |"
        for name, off in error["by_characteristic"].items()
    ]
    return "\n".join(
        [
            "# Tolerance surrogate",
            "",
            "Made by `make train-tolerance`; the figures are those of `record.json`.",
            "",
            "**What it is.** Gradient-boosted trees (XGBoost, a booster for planes and one for cylinders, depth"
            f" {told['settings']['max_depth']}, {told['settings']['rounds']} rounds, seed {told['settings']['seed']}).",
            "**Trained on** simulations of this repository (`models/skin/`), never on measured parts:"
            f" {told['surfaces']['train']} surfaces of each kind, {told['samples']['plane']} parts of each plane and"
            f" {told['samples']['cylinder']} of each cylinder.",
            "**Features.** " + "; ".join(f"{name}: {', '.join(of)}" for name, of in told["features"].items()) + ".",
            "**Answers.** The logarithm of zone / sigma of three characteristics at the quantiles"
            f" {', '.join(SHARES)}.",
            f"**Range.** Both sides from {low:g} to {high:g} correlation lengths; sigma at most"
            f" {told['range']['steepest']:g} of the correlation length and of a cylinder's radius."
            " Outside it refuses, and the simulation answers.",
            f"**Error** on {told['surfaces']['test, in the range']} new surfaces inside the range, against simulations"
            f" of {told['samples']['validation and test']['plane']} parts of each plane and"
            f" {told['samples']['validation and test']['cylinder']} of each cylinder: median"
            f" {error['median_relative']:.1%}, 95 % of all quantiles within {error['p95_relative']:.1%}, the worst"
            f" {error['largest_relative']:.0%}.",
            "",
            f"| median relative error | {' | '.join(SHARES)} |",
            f"|---|{'---|' * len(SHARES)}",
            *rows,
            "",
        ]
    )


def main() -> None:
    """Simulate what is not there yet, train both boosters, judge them on surfaces that they never saw."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--simulations", type=Path, default=Path("build/tolerance"), help="where they are kept")
    words.add_argument("--out", type=Path, default=FOLDER)
    told = words.parse_args()
    begun = time.process_time()
    told.simulations.mkdir(parents=True, exist_ok=True)
    told.out.mkdir(parents=True, exist_ok=True)
    proofs = {}
    for surface in get_args(Surface):
        booster = train(surface, told.simulations)
        booster.save_model(told.out / f"{surface}.json")
        proofs[surface] = proof(surface, booster)
    found = {**record(told.simulations, told.out, time.process_time() - begun), "proof": proofs}
    (told.out / CARD).write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    (told.out / "record.md").write_text(card(found), "utf-8")
    print(json.dumps(found["error"], indent=1), found["bytes"])


if __name__ == "__main__":
    main()
