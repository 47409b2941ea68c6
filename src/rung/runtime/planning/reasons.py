"""The sentences that say why a rung stands where it stands."""

from __future__ import annotations

from collections.abc import Mapping

from rung.runtime.planning.gates import licence_words
from rung.runtime.planning.places import Spot
from rung.runtime.planning.strategies import whole_of
from rung.runtime.planning.words import listed, size
from rung.runtime.settings import VariantSettings
from rung.runtime.spec import USUAL_PIXELS, Mode, Rejection, Slowdown, Variant

_CAPS = {"side": "working side", "batch": "batch", "steps": "steps"}
_EASIEST = (
    "weights",
    "library",
    "mock",
    "licence",
    "unverified",
    "key",
    "worth",
    "memory",
    "device",
    "config",
    "offline",
    "off",
    "unset",
)


def placement_reason(
    variant: Variant, spot: Spot, caps: Mapping[str, int], forced: tuple[str, ...], cut: str = ""
) -> str:
    """Full sentences: the fit with its numbers, what was passed over, caps, verification, what was forced, and
    `cut`, what was asked for and could not be granted."""
    parts = [
        _fit(spot),
        _held(variant, spot),
        _passed(spot),
        _most_room(spot),
        _also_on(spot),
        _capped(spot, caps),
        _verified(variant),
        _untried(variant),
    ]
    parts += [licence_words(variant), f"Forced by configuration: {listed(forced)}." if forced else "", cut]
    return " ".join(part for part in parts if part)


def forced_by(mode: Mode, wishes: VariantSettings) -> tuple[str, ...]:
    """What the configuration fixed of this rung, in its own words; empty: nothing."""
    found = ["mode = mock"] if mode == "mock" else []
    found += [f"device = {wishes.device}"] if wishes.device != "auto" else []
    found += [f"precision = {wishes.precision}"] if wishes.precision else []
    found += [f"threads = {wishes.threads}"] if wishes.threads else []
    found += ["force = true"] if wishes.force else []
    found += [f"memory_limit = {size(wishes.memory_limit)}"] if wishes.memory_limit is not None else []
    found += [f"warmup = {wishes.warmup}"] if wishes.warmup is not None else []
    found += [f"max_calls = {wishes.max_calls}"] if wishes.max_calls is not None else []
    found += [f"load_limit_s = {wishes.load_limit_s:g}"] if wishes.load_limit_s is not None else []
    found += [f"ttl_s = {wishes.ttl_s:g}"] if wishes.ttl_s is not None else []
    found += ["pinned = true"] if wishes.pinned else []
    found += [f"strategy = {wishes.strategy}"] if wishes.strategy else []
    found += ["its own weight files (hash not checked)"] if wishes.weights else []
    return (*found, *_fixed("options", wishes.options), *_fixed("caps", wishes.caps), *_fixed("env", wishes.env))


def _fixed(what: str, values: Mapping[str, object]) -> list[str]:
    return [f"{what} {', '.join(sorted(values))}"] if values else []


def task_note(task: str, mode: Mode, rungs: int, rejected: tuple[Rejection, ...]) -> str:
    """What a user must know of the whole task; empty where the rungs speak for themselves."""
    if not rejected and not rungs:
        return f"{task} has no variant in the catalogue."
    if mode == "off":
        return f"{task} is off by configuration. To switch it on: {rejected[0].remedy}"
    if rungs:
        return f'Forced by configuration: [task.{task}] mode = "mock".' if mode == "mock" else ""
    with_remedy = [r for r in rejected if r.remedy] or list(rejected)
    nearest = min(with_remedy, key=lambda r: _EASIEST.index(r.code))
    return f"Nothing can answer {task} here. The nearest way: {nearest.remedy.rstrip('.')} (for {nearest.variant})."


def _fit(spot: Spot) -> str:
    at = "" if spot.place.precision == "none" else f" at {spot.place.precision}"
    figures = "measured here" if spot.footprint.source == "measured" else "from the catalogue"
    peak, budget = size(spot.footprint.peak()), size(spot.budget)
    pixels = f", for {USUAL_PIXELS / 1e6:.0f} megapixel" if spot.footprint.working_per_pixel else ""
    return f"Runs on {spot.device.id}{at}: its peak of {peak} ({figures}{pixels}) fits the budget of {budget}."


def _held(variant: Variant, spot: Spot) -> str:
    if spot.way.strategy == "resident":
        return ""
    whole = spot.ways[0].footprint.peak() > spot.budget
    but = f", all components {size(whole_of(variant))} do not" if whole else ""
    return f"{spot.way.strategy}: {spot.way.part} fits the budget of {size(spot.budget)}{but}."


def slowdown_words(slowdown: Slowdown) -> str:
    """What a strategy costs, with where the figure comes from."""
    return f"A call takes about {slowdown.seconds:.2g} s longer than resident ({slowdown.sentence})."


def _passed(spot: Spot) -> str:
    return f"Preferred, but not possible: it {'; it '.join(spot.passed)}." if spot.passed else ""


def _most_room(spot: Spot) -> str:
    if spot.fitting < 2:
        return ""
    why = "is named by [machine] preload" if spot.named else "has the most left"
    return f"Of {spot.fitting} fitting devices {spot.device.id} {why}."


def _also_on(spot: Spot) -> str:
    also = listed([device.id for device in spot.replicas])
    return f"While calls wait and room is free it is loaded on {also} too." if spot.replicas else ""


def _capped(spot: Spot, caps: Mapping[str, int]) -> str:
    words = [f"{_CAPS.get(name, name)} capped at {value}" for name, value in caps.items()]
    return f"{listed(words).capitalize()} on {spot.device.kind}." if words else ""


def _untried(variant: Variant) -> str:
    """Fewer bits than somebody measured."""
    if variant.kind != "quantized" or variant.quality.value is not None:
        return ""
    return f"Its quality is {variant.quality.source or 'unmeasured'}."


def _verified(variant: Variant) -> str:
    match variant.verified:
        case "loaded-random":
            return "Only loaded with random weights so far, never run with its real ones."
        case "never" if variant.kind != "mock":
            return "Nobody has run it here yet."
        case _:
            return ""
