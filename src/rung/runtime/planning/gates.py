"""The gates before a device is looked for: mode, the user's ladder and models, licences, verification, libraries.

Each takes a variant and returns the Rejection, or None where the variant may pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rung.runtime.planning.ground import Ground
from rung.runtime.planning.precisions import OPTION, backend_at
from rung.runtime.planning.words import listed
from rung.runtime.sections import section
from rung.runtime.settings import LicencePolicy, TaskSettings
from rung.runtime.spec import Licence, Mode, Placeable, Rejection, Runtime, Variant, Weights


def by_mode(variant: Variant, mode: Mode) -> Rejection | None:
    """Off takes nothing, mock takes mocks only, real takes all but mocks."""
    task, name = variant.task, variant.name
    match mode:
        case "off":
            remedy = f'[task.{task}] mode = "{"mock" if variant.kind == "mock" else "real"}" in rung.toml.'
            return Rejection(variant=name, code="off", reason=f"{name}: {task} is off by configuration.", remedy=remedy)
        case "mock" if variant.kind != "mock":
            reason = f'{name}: [task.{task}] mode = "mock" takes mocks only.'
            return Rejection(variant=name, code="config", reason=reason, remedy=f'[task.{task}] mode = "real".')
        case "real" if variant.kind == "mock":
            reason = f"{name}: a mock computes nothing real and is taken only where it is switched on."
            return Rejection(
                variant=name, code="mock", reason=reason, remedy=f'[task.{task}] mode = "mock" in rung.toml.'
            )
        case _:
            return None


def by_ladder(variant: Variant, settings: TaskSettings) -> Rejection | None:
    """A ladder given in rung.toml is the whole ladder."""
    if not settings.ladder or variant.name in settings.ladder:
        return None
    reason = f"{variant.name}: not in the ladder that the configuration gives for {variant.task}."
    remedy = f"Add it to [task.{variant.task}] ladder."
    return Rejection(variant=variant.name, code="config", reason=reason, remedy=remedy)


def by_setup(variant: Variant, settings: TaskSettings, ground: Ground) -> Rejection | None:
    """A model of the user's own wants to be given one; before that its licence and its libraries are nobody's matter.
    Where the configuration asks for it in any way, it passes, and what is missing is told."""
    own = [w.name for w in variant.weights if w.own]
    wishes = ground.wishes(variant)
    asked_for = wishes.weights or wishes.force or variant.name in settings.ladder
    if not own or asked_for or all(name in ground.facts.weights for name in own):
        return None
    files = ", ".join(f'"{name}" = "/where/it/is"' for name in own)
    reason = f"{variant.name}: it is for a model of your own, and none is given."
    remedy = f"[variant.{variant.name}] weights = {{ {files} }}"
    return Rejection(variant=variant.name, code="unset", reason=reason, remedy=remedy)


def by_licence(variant: Variant, ground: Ground) -> Rejection | None:
    """The licences of the code and of every weight file against the policy; `force` overrules."""
    if ground.wishes(variant).force:
        return None
    for what, licence in licences(variant):
        objection, setting = _objection(licence, ground.settings.licenses)
        if objection:
            reason = f"{variant.name}: {licence.name} ({what}), {objection}."
            remedy = f"[licenses] {setting}, or {section(variant.name)} force = true, if you may."
            return Rejection(variant=variant.name, code="licence", reason=reason, remedy=remedy)
    return None


def by_verification(variant: Variant, ground: Ground) -> Rejection | None:
    """What nobody ever ran is not chosen unless forced."""
    if variant.verified != "never" or variant.kind == "mock" or ground.wishes(variant).force:
        return None
    if variant.provider is not None:  # others run it; its reason says that we never did
        return None
    reason = f"{variant.name}: nobody has run it here, with its real weights or with random ones."
    remedy = f"{section(variant.name)} force = true tries it."
    return Rejection(variant=variant.name, code="unverified", reason=reason, remedy=remedy)


def by_worth(variant: Variant, ground: Ground) -> Rejection | None:
    """What is not worth its device for this task is taken only where it is forced."""
    if not variant.not_worth or ground.wishes(variant).force:
        return None
    reason = f"{variant.name}: {variant.not_worth}."
    remedy = f"{section(variant.name)} force = true takes it all the same."
    return Rejection(variant=variant.name, code="worth", reason=reason, remedy=remedy)


def by_library(variant: Variant, ground: Ground) -> Rejection | None:
    """The libraries of its runtime must be here."""
    runtime = ground.runtimes.get(variant.runtime)
    if runtime is None:
        reason = f"{variant.name}: the runtime {variant.runtime!r} is in no catalogue."
        remedy = "Install the package that declares this runtime."
        return Rejection(variant=variant.name, code="library", reason=reason, remedy=remedy)
    why = ground.facts.runtimes.get(variant.runtime, "")
    # What another interpreter can import, only it can say; its worker does when it starts.
    if not why or ground.option(variant, "python"):
        return None
    remedy = library_remedy(runtime, [variant.name])
    reason = f"{variant.name}: the runtime {runtime.name} is not available: {why}."
    return Rejection(variant=variant.name, code="library", reason=reason, remedy=remedy)


def library_remedy(runtime: Runtime, variants: Sequence[str]) -> str:
    """What makes a runtime available; `variants` need it.

    Libraries that no extra of ours brings are not to stand beside ours: they go under an interpreter of their own.
    """
    if runtime.remedy or runtime.extra:
        return runtime.remedy or f"pip install 'rung[{runtime.extra}]'"
    if not variants:
        return f"Install {listed(runtime.modules)}."
    first, *others = variants
    setting = f'{section(first)} options = {{ python = "/its/bin/python" }}'
    same = f" (the same for {listed(others)})" if others else ""
    return f"Install what is missing, best in an environment of its own, and name its interpreter: {setting}{same}"


def by_backend(variant: Variant, place: Placeable, ground: Ground) -> Rejection | None:
    """The library that computes with the place's precision must be here too."""
    backend = backend_at(variant, place, ground.option(variant, OPTION))
    why = ground.facts.runtimes.get(backend.module, "") if backend is not None else ""
    if backend is None or not why:
        return None
    row = ground.runtimes.get(backend.module)
    remedy = f"pip install 'rung[{row.extra}]'" if row is not None and row.extra else f"Install {backend.module}."
    reason = f"{variant.name}: {backend.name} computes with {place.precision} on {place.device}, and {why}."
    return Rejection(variant=variant.name, code="library", reason=reason, remedy=remedy)


def licences(variant: Variant) -> Iterator[tuple[str, Licence]]:
    """Each licence that binds the variant, with what it is the licence of; the code's first."""
    if variant.licence is not None:
        yield "its code" if variant.provider is None else "the model", variant.licence
    for weights in variant.weights:
        yield from _of_weights(weights)


def _of_weights(weights: Weights) -> Iterator[tuple[str, Licence]]:
    yield weights.name, weights.licence
    for source in weights.inputs:
        yield from _of_weights(source)


def _objection(licence: Licence, policy: LicencePolicy) -> tuple[str, str]:
    """Why the policy does not take this licence, and the setting that would; two empty texts: it does."""
    if licence.copyleft and policy.allow == "permissive":
        return "copyleft; the licence policy allows permissive only", 'allow = "copyleft"'
    if licence.region and policy.allow != "any":
        return f"bound to a region ({licence.region}); the licence policy allows {policy.allow} only", 'allow = "any"'
    if licence.commercial is None and not policy.non_commercial:
        return "which does not say whether commercial use is allowed", "non_commercial = true"
    if licence.commercial is False and not policy.non_commercial:
        return "which forbids commercial use; the licence policy does not take that", "non_commercial = true"
    return "", ""


def licence_words(variant: Variant) -> str:
    """A sentence on licences that nobody checked or that must be accepted first; empty where there is none."""
    unchecked = dict.fromkeys(licence.name for _, licence in licences(variant) if not licence.verified)
    gated = dict.fromkeys(licence.name for _, licence in licences(variant) if licence.gated)
    words = f"Licence as stated by others, its text not read by us: {listed(list(unchecked))}." if unchecked else ""
    return f"{words} To be accepted at the source: {listed(list(gated))}.".strip() if gated else words
