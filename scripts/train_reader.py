"""Trains our reader on rendered texts: `make train-reader`. One thread, seeded, resumable; writes weights and record.

Every crop is made when it is needed, from the seed and its number, so that a run that was broken off goes on as if it
had not been.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import onnx
import torch
from reader_net import ReaderNet, masks
from torch import Tensor, nn

from rung.lab.lettering.crops import Sample, sample
from rung.lab.lettering.faces import Face, digest, faces
from rung.lab.lettering.marks import curve, misjudged, wrong
from rung.models.ctc import Text, greedy
from rung.models.notation import cell_automaton, deviation_automaton, dimension_automaton
from rung.models.reader import Loose, Row, believed, weighed
from rung.models.signs import SIGNS
from rung.models.strips import STEP, batch, strip

HERE = Path(__file__).parent
POOL = 768
"""Crops that are made at once and batched by width; after each the run can be broken off."""
BATCH = 48
PLACES = {sign: place for place, sign in enumerate(SIGNS, 1)}
FORGET = 0.998
"""Of the averaged weights, which are the ones that are kept."""
Curves = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Batch:
    """Strips f32 [N, 1, 32, W], how many steps each has, and what it says."""

    strips: Tensor
    lengths: Tensor
    texts: list[str]
    alphabets: list[str]


class Run:
    """A net in training, and how far it has come."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.net, self.mean = ReaderNet(), ReaderNet()
        self.optimizer = torch.optim.AdamW(self.net.parameters(), lr=args.rate, weight_decay=1e-3)
        self.crops, self.seconds, self.stages = 0, 0.0, []
        args.work.mkdir(parents=True, exist_ok=True)
        self.checkpoint = args.work / "checkpoint.pt"
        if self.checkpoint.exists():
            stored = torch.load(self.checkpoint, weights_only=True)
            self.net.load_state_dict(stored["net"])
            self.optimizer.load_state_dict(stored["optimizer"])
            self.crops, self.seconds, self.stages = stored["crops"], stored["seconds"], stored.get("stages", [])
        elif args.start:
            stored = torch.load(args.start, weights_only=True)
            self.net.load_state_dict(stored["mean"])
            self.stages = [*stored.get("stages", []), {"crops": stored["crops"], "seconds": round(stored["seconds"])}]
        self.mean.load_state_dict(stored["mean"] if self.checkpoint.exists() else self.net.state_dict())

    def save(self) -> None:
        """All of it, in one file that is there whole or not at all."""
        fresh = self.checkpoint.with_suffix(".new")
        torch.save(
            {
                "net": self.net.state_dict(),
                "mean": self.mean.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "crops": self.crops,
                "seconds": self.seconds,
                "stages": self.stages,
            },
            fresh,
        )
        fresh.replace(self.checkpoint)

    def learn(self, one: Batch) -> float:
        """One step; the loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate(self.args.rate, self.crops, self.args.crops)
        self.net.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.args.half):
            scores = self.net(one.strips)
        loss = nn.functional.ctc_loss(
            shares(scores.float(), one).transpose(0, 1),
            torch.tensor([PLACES[sign] for text in one.texts for sign in text]),
            one.lengths,
            torch.tensor([len(text) for text in one.texts]),
            zero_infinity=True,
        )
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 2.0)
        self.optimizer.step()
        averaged(self.mean, self.net, min(FORGET, 1 - 10 / (10 + self.crops / BATCH)))
        self.crops += len(one.texts)
        return loss.item()


def main() -> None:
    """Train, judge, export."""
    args = arguments()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    train, held = (faces(names(HERE / name)) for name in ("reader_fonts.txt", "reader_fonts_held.txt"))
    run = Run(args)
    seen = [sample(held, Random(f"held:{number}")) for number in range(args.held)]
    began, spent = time.process_time(), run.seconds
    losses: list[float] = []
    for last, one in batches(train, args.seed, run.crops, args.crops):
        losses.append(run.learn(one))
        if last:
            run.seconds = spent + time.process_time() - began
            report(run, losses, seen if run.crops // POOL % 16 == 0 else seen[:96])
            losses.clear()
            run.save()
    finish(run, train, held)


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--crops", type=int, default=660_480)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--half", action="store_true", help="in bfloat16: faster on a CPU that computes in it")
    parser.add_argument("--held", type=int, default=960, help="crops in held-out fonts that it is judged by")
    parser.add_argument("--start", type=Path, help="a checkpoint of another run, whose weights are the first")
    parser.add_argument("--work", type=Path, default=Path("out/reader"))
    parser.add_argument("--out", type=Path, default=Path("src/rung/models/trained/reader"))
    return parser.parse_args()


def names(path: Path) -> list[str]:
    """The file names of fonts in a list of ours; a font that stands there twice is drawn twice as often."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def batches(fonts: Sequence[Face], seed: int, first: int, last: int) -> Iterator[tuple[bool, Batch]]:
    """Batches of about equally wide strips, pool by pool; True with the last of a pool."""
    for start in range(first - first % POOL, last, POOL):
        pool = [sample(fonts, Random(f"{seed}:{number}")) for number in range(start, start + POOL)]
        pairs = sorted(((strip(one.crop), one) for one in pool), key=lambda pair: pair[0].shape[1])
        parts = [pairs[at : at + BATCH] for at in range(0, POOL, BATCH)]
        Random(f"{seed}:order:{start}").shuffle(parts)
        for place, part in enumerate(parts, 1):
            yield place == len(parts), made([one for _, one in part], [crop for crop, _ in part])


def made(samples: Sequence[Sample], strips: Sequence[np.ndarray]) -> Batch:
    """A batch of samples and their strips."""
    return Batch(
        strips=torch.from_numpy(batch(strips)),
        lengths=torch.tensor([one.shape[1] // STEP for one in strips]),
        texts=[one.text for one in samples],
        alphabets=[one.alphabet for one in samples],
    )


def rate(highest: float, done: int, all_of_them: int) -> float:
    """A short rise, then down along a cosine to a hundredth."""
    rise = min(done / 6000 + 0.05, 1.0)
    return highest * rise * (0.01 + 0.99 * (1 + math.cos(math.pi * min(done / all_of_them, 1))) / 2)


def shares(scores: Tensor, one: Batch) -> Tensor:
    """Logarithms f32 [N, T, classes], among the signs of each one's alphabet."""
    table = masks()
    return (scores + torch.stack([table[name] for name in one.alphabets])[:, None]).log_softmax(-1)


@torch.no_grad()
def averaged(mean: ReaderNet, net: ReaderNet, keep: float) -> None:
    """Draw the averaged weights a little towards those that learn."""
    for old, new in zip(mean.state_dict().values(), net.state_dict().values(), strict=True):
        if old.dtype.is_floating_point:
            old.mul_(keep).add_(new, alpha=1 - keep)
        else:
            old.copy_(new)


@torch.no_grad()
def answers(net: ReaderNet, pairs: Sequence[tuple[Sample, np.ndarray]]) -> Iterator[tuple[Sample, np.ndarray]]:
    """Of each crop with its strip, the net's shares f32 [T, classes]."""
    net.eval()
    for at in range(0, len(pairs), BATCH):
        part = pairs[at : at + BATCH]
        one = made([each for each, _ in part], [strip for _, strip in part])
        seen = shares(net(one.strips), one).exp().numpy()
        for (each, _), row, length in zip(part, seen, one.lengths.tolist(), strict=True):
            yield each, row[:length]


def errors(net: ReaderNet, samples: Sequence[Sample]) -> dict[str, dict[str, float]]:
    """Per alphabet, by the likeliest path alone: shares of signs and of texts that are wrong."""
    heard: dict[str, list[tuple[str, str]]] = {}
    for one, seen in answers(net, [(one, strip(one.crop)) for one in samples]):
        heard.setdefault(one.alphabet, []).append((one.text, greedy(seen, SIGNS)))
    return {alphabet: _figures(pairs) for alphabet, pairs in sorted(heard.items())}


def _figures(pairs: Sequence[tuple[str, str]]) -> dict[str, float]:
    signs, texts = wrong(pairs)
    return {"signs": round(signs, 5), "texts": round(texts, 5), "count": len(pairs)}


def report(run: Run, losses: list[float], samples: Sequence[Sample]) -> None:
    """Print how it goes."""
    found = errors(run.mean, samples)
    told = ", ".join(f"{name}: {one['signs']:.2%} of signs, {one['texts']:.1%} of texts" for name, one in found.items())
    print(f"{run.crops} crops, {run.seconds:.0f} s: loss {np.mean(losses):.4f}; wrong in {told}", flush=True)


def finish(run: Run, train: Sequence[Face], held: Sequence[Face]) -> None:
    """Calibrate on some crops in held-out fonts, measure on others, write the weights and the record."""
    args, net = run.args, run.mean
    curves = calibration(net, [sample(held, Random(f"calibrate:{number}")) for number in range(3 * args.held)])
    clean, worn = (
        [sample(held, Random(f"{kind}:{number}"), worn=worn) for number in range(args.held)]
        for kind, worn in (("clean", 0), ("worn", 1))
    )
    args.out.mkdir(parents=True, exist_ok=True)
    export(net, args.out / "reader.onnx", curves)
    record = {
        "sha256": hashlib.sha256((args.out / "reader.onnx").read_bytes()).hexdigest(),
        "seed": args.seed,
        "crops": run.crops,
        "cpu_minutes": round(run.seconds / 60, 1),
        "bfloat16": args.half,
        "earlier_stages": run.stages,
        "parameters": sum(one.numel() for one in net.parameters()),
        "any_text_by_the_likeliest_path": {"clean": errors(net, clean), "worn": errors(net, worn)},
        "by_the_grammar": {"clean": judged(net, clean, curves), "worn": judged(net, worn, curves)},
        "calibration": curves,
        "fonts": counted(train),
        "held_out_fonts": counted(held),
    }
    text = json.dumps(record, ensure_ascii=False, indent=1)
    (args.out / "record.json").write_text(text + "\n", encoding="utf-8")
    print(text)


def grammatical(samples: Sequence[Sample]) -> list[tuple[Sample, Row]]:
    """Those whose text the grammar knows, as the reader will be given them."""
    pairs = []
    for one in samples:
        for language in (
            (dimension_automaton(), deviation_automaton()) if one.alphabet == "dimension" else (cell_automaton(),)
        ):
            if language.matches(one.text.replace(",", ".")):
                pairs.append((one, Row(strip(one.crop), one.alphabet, Loose(language))))
                break
    return pairs


def heard(net: ReaderNet, samples: Sequence[Sample]) -> dict[str, list[tuple[str, Text]]]:
    """By alphabet, what is written and the text that the reader gives first."""
    pairs = grammatical(samples)
    found: dict[str, list[tuple[str, Text]]] = {}
    seen = answers(net, [(one, row.strip) for one, row in pairs])
    for (one, row), (_, shares) in zip(pairs, seen, strict=True):
        texts = weighed(shares, row.language)
        found.setdefault(one.alphabet, []).append((one.text, texts[0] if texts else Text("", 0.0)))
    return found


def calibration(net: ReaderNet, samples: Sequence[Sample]) -> Curves:
    """By alphabet, slope and offset of the curve from a text's chance to how often it is right."""
    return {
        alphabet: curve(np.array([got.chance for _, got in pairs]), np.array([got.text == one for one, got in pairs]))
        for alphabet, pairs in heard(net, samples).items()
    }


def judged(net: ReaderNet, samples: Sequence[Sample], curves: Curves) -> dict[str, dict[str, float]]:
    """Per alphabet: shares of signs and of texts that are wrong, and how far confidence is from what was right."""
    out = {}
    for alphabet, pairs in sorted(heard(net, samples).items()):
        confidence = np.array([believed(got.chance, *curves[alphabet]) for _, got in pairs])
        off = misjudged(confidence, np.array([got.text == one for one, got in pairs]))
        figures = _figures([(one, got.text) for one, got in pairs])
        out[alphabet] = {
            **figures,
            "mean_confidence": round(float(confidence.mean()), 4),
            "calibration_error": round(off, 4),
        }
    return out


def counted(fonts: Sequence[Face]) -> dict[str, dict[str, object]]:
    """Per font its content and how many times it stands in the list, which is how much oftener it is drawn."""
    times = Counter(one.path.name for one in fonts)
    return {one.path.name: {"sha256": digest(one), "times": times[one.path.name]} for one in fonts}


def export(net: ReaderNet, path: Path, curves: Curves) -> None:
    """The net as ONNX, its norms folded in, with what its answer means as metadata."""
    net.eval()
    torch.onnx.export(
        net,
        (torch.zeros(2, 1, 32, 96),),
        str(path),
        input_names=["strips"],
        output_names=["scores"],
        dynamic_axes={"strips": {0: "n", 3: "width"}, "scores": {0: "n", 1: "steps"}},
        dynamo=False,  # The other exporter needs onnxscript, which nothing else here does.
    )
    model = onnx.load(path)
    for key, value in (("signs", SIGNS), ("calibration", json.dumps(curves))):
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(model, path)


if __name__ == "__main__":
    main()
